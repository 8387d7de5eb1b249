// Draws a card's rows: figures, sparklines, how much of a limit is used. Figures are drawn, as laying out a hundred of them each second costs a browser more than
// all else on the page together; screen readers are told them by the cells. Runs beside the page or in a worker.
import type { Picture } from './picture';
import { SHOWN, trace } from './sparks';

/** A limit is near from here on, and next to reached. */
export const NEAR = 0.9;
export const REACHED = 0.97;

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

export function paint(canvas: HTMLCanvasElement | OffscreenCanvas, picture: Picture, ink: Ink, ratio: number) {
  const context = ready(canvas, picture.columns.canvas.width, picture.rows * picture.row, ratio);
  if (!context) return;
  drawSparks(context, picture, ink);
  if (picture.figures.length > 0) drawFigures(context, picture, ink);
}

function drawSparks(context: Context, { row: height, rows, columns, lines, limits }: Picture, ink: Ink) {
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
      trace(context, of, values, { x, y: top + 5, width, height: height - (gauge ? 15 : 10) });
      context.stroke();
      if (!gauge) continue;
      const full = Math.min(1, limit) * width;
      used.track.push([x + full, top + height - 7, width - full]);
      used[limit >= REACHED ? 'critical' : limit >= NEAR ? 'warning' : 'used'].push([x, top + height - 7, full]);
    }
  }
  for (const [kind, boxes] of Object.entries(used)) {
    context.fillStyle = ink[kind as keyof typeof used];
    for (const [x, y, width] of boxes) context.fillRect(x, y, width, 2);
  }
}

/** Right-aligned, on the line that the names stand on. */
function drawFigures(context: Context, { row: height, rows, columns, figures }: Picture, ink: Ink) {
  context.font = ink.font;
  context.textAlign = 'right';
  context.textBaseline = 'alphabetic';
  const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: below } = context.measureText('0');
  const base = Math.round((height + above - below) / 2);
  for (const [index, { of, right }] of columns.figures.entries()) {
    context.fillStyle = of === 'cpu' || of === 'memory' ? ink.foreground : ink.text;
    for (let row = 0; row < rows; row += 1)
      context.fillText(figures[row * columns.figures.length + index] as string, right, row * height + base);
  }
}
