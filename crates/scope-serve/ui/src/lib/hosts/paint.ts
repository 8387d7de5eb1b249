// Draws a card's rows: names, figures, sparklines, how much of a limit is used. Words are drawn, as laying out a hundred of them each second costs a browser more
// than all else on the page together; the document has them too, for screen readers and for who selects them. Runs beside the page or in a worker.
import type { Format } from '../model/format';
import { inWords } from './figures';
import { fitted } from './fitted';
import type { Picture } from './picture';
import { SHOWN, trace } from './sparks';
import { nearness } from '../model/bounds';

/** A sign's side, and the room left of it. */
const SIGN = 14;
const APART = 4;

export interface Ink {
  cpu: string;
  memory: string;
  track: string;
  used: string;
  warning: string;
  critical: string;
  foreground: string;
  text: string;
  font: string;
}

export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Makes a canvas large enough, and its context ready for CSS pixels, empty. */
export function ready(canvas: HTMLCanvasElement | OffscreenCanvas, width: number, height: number, ratio: number): Context | null {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext('2d') as Context | null;
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

/** `words` are of the page's language. */
export function paint(canvas: HTMLCanvasElement | OffscreenCanvas, picture: Picture, ink: Ink, ratio: number, words: Format) {
  const context = ready(canvas, picture.columns.width, picture.rows * picture.row, ratio);
  if (!context) return;
  drawSparks(context, picture, ink);
  if (picture.names.length === 0) return;
  context.font = ink.font;
  context.textBaseline = 'alphabetic';
  const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: below } = context.measureText('0');
  const base = Math.round((picture.row + above - below) / 2);
  drawFigures(context, picture, ink, base, words);
  drawNames(context, picture, ink, base);
}

function drawSparks(context: Context, { row: height, pad, rows, columns, lines, limits }: Picture, ink: Ink) {
  const used: Record<'track' | 'used' | 'warning' | 'critical', [number, number, number][]> = {
    track: [],
    used: [],
    warning: [],
    critical: [],
  };
  const { sparks } = columns;
  // A line of one pixel needs no outline, and many short paths are drawn faster than a long one where there is no GPU.
  context.lineWidth = 1;
  for (const [index, { of, left: x, width }] of sparks.entries()) {
    context.strokeStyle = ink[of];
    for (let row = 0; row < rows; row += 1) {
      const [at, top] = [row * sparks.length + index, row * height];
      const limit = limits[at] as number;
      const gauge = !Number.isNaN(limit);
      context.beginPath();
      const values = lines.subarray(at * SHOWN, (at + 1) * SHOWN);
      trace(context, of, values, { x, y: top + pad, width, height: height - 2 * pad - (gauge ? 5 : 0) });
      context.stroke();
      if (!gauge) continue;
      const full = Math.min(1, limit) * width;
      used.track.push([x + full, top + height - 7, width - full]);
      used[nearness(of === 'cpu' ? 'cpu_pct' : 'mem_bytes', limit) || 'used'].push([x, top + height - 7, full]);
    }
  }
  for (const [kind, boxes] of Object.entries(used)) {
    context.fillStyle = ink[kind as keyof typeof used];
    for (const [x, y, width] of boxes) context.fillRect(x, y, width, 2);
  }
}

/** Right-aligned, on the line that the names stand on. */
function drawFigures(context: Context, { row: height, rows, columns, figures }: Picture, ink: Ink, base: number, words: Format) {
  context.textAlign = 'right';
  for (const [index, { of, right }] of columns.figures.entries()) {
    context.fillStyle = of === 'cpu' || of === 'memory' ? ink.foreground : ink.text;
    for (let row = 0; row < rows; row += 1)
      context.fillText(inWords(figures[row * columns.figures.length + index] as number, of, words), right, row * height + base);
  }
}

function drawNames(context: Context, { row: height, rows, columns, names, worries }: Picture, ink: Ink, base: number) {
  context.textAlign = 'left';
  context.fillStyle = ink.foreground;
  const measure = (text: string) => context.measureText(text).width;
  const signs: [x: number, y: number][] = [];
  for (let row = 0; row < rows; row += 1) {
    const room = columns.name - (worries[row] ? SIGN + APART : 0);
    const { text, width } = fitted(names[row] as string, room, ink.font, measure);
    context.fillText(text, 0, row * height + base);
    if (worries[row]) signs.push([Math.min(width, room) + APART, row * height + (height - SIGN) / 2]);
  }
  context.strokeStyle = ink.warning;
  context.lineWidth = 1.25;
  context.lineCap = context.lineJoin = 'round';
  for (const [x, y] of signs) drawSign(context, x, y);
}

/** A triangle with an exclamation mark. */
function drawSign(context: Context, x: number, y: number) {
  const middle = x + SIGN / 2;
  context.beginPath();
  context.moveTo(middle, y + 1.5);
  context.lineTo(x + SIGN - 1, y + SIGN - 2);
  context.lineTo(x + 1, y + SIGN - 2);
  context.closePath();
  context.moveTo(middle, y + 5.5);
  context.lineTo(middle, y + 8);
  context.moveTo(middle, y + 10);
  context.lineTo(middle, y + 10.1);
  context.stroke();
}
