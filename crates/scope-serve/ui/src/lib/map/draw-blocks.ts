// Closed clusters of a picture: a block with a name, how many are in it and how many of them are ill, the worst by name where there is room, and each of them as a
// cell: coloured by how it is, brighter the more it uses. What is wrong with one of ten thousand is seen from afar.
import { boxOf, type Box } from './draw-clusters';
import { drawBroken, drawMark } from './marks';
import type { Pen } from './pen';
import type { Model, Port } from './picture';
import { CRITICAL, WARNING } from './protocol';

/** So many members that are critical make their cluster loud. */
const LOUD_SHARE = 0.2;
const INSET = 7;
/** Cells are squares of so many pixels; where they would be smaller, a bar of shares says as much. */
const CELL_LEAST = 3;
const CELL_MOST = 13;
/** Brightness in steps: each step of each colour is set once for the whole picture. */
const STEPS = 4;
const BRIGHTNESS = [0.24, 0.42, 0.66, 1] as const;
/** In place of a colour: around what is chosen. */
const RING = -1;
const DIM = 0.55;
/** Counts are smaller than names. */
const SMALLER = 0.84;

interface Block extends Box {
  c: number;
}

/** Corners and sizes of cells, four numbers for each, by colour and brightness. */
type Cells = Map<number, number[]>;

export function drawBlocks(pen: Pen, port: Port, model: Model) {
  const { clusters } = model;
  const blocks: Block[] = [];
  for (let c = 0; c < clusters.count; c++) {
    if (!clusters.collapsed[c] || !clusters.size[c]) continue;
    const box = boxOf(port, model, c);
    if (box) blocks.push({ c, ...box });
  }
  if (!blocks.length) return;
  // One size of letters for all of them, as their borders differ by little.
  const sizes = blocks.map(({ w, h }) => Math.min(h * 0.24, w * 0.135)).sort((a, b) => a - b);
  const size = Math.max(10, Math.min(16, sizes[Math.floor(sizes.length * 0.3)]!));
  const oneLine = blocks.every(
    ({ c, w }) => titleWidth(pen, model, c, size) + marksWidth(pen, model, c, size * SMALLER) + 14 <= w - 2 * INSET,
  );
  // Where something is chosen, only those that have some of it are bright.
  const lit = litClusters(model);
  const parts = lit ? [blocks.filter(({ c }) => !lit.has(c)), blocks.filter(({ c }) => lit.has(c))] : [[], blocks];
  for (const [at, part] of parts.entries()) {
    const alpha = at ? 1 : DIM;
    const cells: Cells = new Map();
    pen.globalAlpha = alpha;
    for (const block of part) drawGround(pen, model, block);
    for (const block of part) drawWords(pen, model, block, size, oneLine, cells);
    drawCells(pen, model, cells, alpha);
  }
  pen.globalAlpha = 1;
}

function litClusters({ scene, clusters, lit }: Model): Set<number> | undefined {
  if (!lit) return undefined;
  const found = new Set<number>();
  for (const n of lit.nodes) {
    const c = scene.cluster[n]!;
    if (c >= 0 && clusters.collapsed[c]) found.add(c);
  }
  return found;
}

function drawGround(pen: Pen, { clusters, labels, look }: Model, { c, x, y, w, h }: Block) {
  const bad = clusters.health[c * 4 + CRITICAL]!;
  const poor = clusters.health[c * 4 + WARNING]!;
  // One of a hundred is told by its mark; a border is for what is ill as a whole.
  const ill = bad >= clusters.size[c]! * LOUD_SHARE ? CRITICAL : bad + poor >= clusters.size[c]! * LOUD_SHARE * 2 ? WARNING : undefined;
  pen.fillStyle = look.raised;
  pen.strokeStyle = ill === undefined ? look.border : look.health[ill];
  pen.lineWidth = ill === CRITICAL ? 1.6 : 1;
  pen.beginPath();
  pen.roundRect(x, y, w, h, Math.min(7, h / 4));
  pen.fill();
  pen.stroke();
  labels.take(x, y, w, h);
}

function titleWidth(pen: Pen, { clusters, labels, look }: Model, c: number, size: number): number {
  return labels.width(pen, labels.clean(clusters.titles[c] ?? ''), size, look.font, 600);
}

function drawWords(pen: Pen, model: Model, block: Block, size: number, oneLine: boolean, cells: Cells) {
  const { clusters, labels, look } = model;
  const { c, x, y, w, h } = block;
  if (w < 24 || h < 11) {
    layCells(model, c, { x: x + 2, y: y + 2, w: w - 4, h: h - 4 }, cells);
    return;
  }
  const left = x + INSET;
  const room = w - 2 * INSET;
  const alone = h < size * 2.7;
  const top = alone ? y + h / 2 : y + INSET + size * 0.5;
  const title = labels.clean(clusters.titles[c] ?? '');
  const small = Math.max(9.5, size * SMALLER);
  const counted = marksWidth(pen, model, c, small);
  const beside = oneLine && !alone;
  pen.font = `600 ${size}px ${look.font}`;
  pen.fillStyle = look.foreground;
  // Hosts of a fleet begin alike.
  const text = labels.cut(pen, title, size, look.font, beside ? room - counted - 14 : room, 600, 0.75);
  if (text) pen.fillText(text, left, top);
  if (alone) return;
  let below = top + size * 0.5 + 4;
  if (beside) drawMarks(pen, model, c, small, x + w - INSET - counted, top, counted + 1);
  else {
    const second = top + size * 0.62 + small * 0.62;
    if (second + small * 0.5 > y + h - 3) return;
    drawMarks(pen, model, c, small, left, second, room);
    below = second + small * 0.5 + 4;
  }
  const rest: Box = { x: left, y: below, w: room, h: y + h - INSET + 1 - below };
  const named = drawWorst(pen, model, c, rest);
  layCells(model, c, { ...rest, y: rest.y + named, h: rest.h - named }, cells);
}

/** In place of a health: connections within that fail. */
const BROKEN = -1;
/** How wide the sign before a count is, in heights of letters. */
const signWidth = (sign: number | undefined) => (sign === undefined ? 0 : sign === BROKEN ? 1.55 : 1.15);

/** How many there are, how many of them are ill, and how many connections within fail. */
function marksOf({ clusters, drawn }: Model, c: number): [sign: number | undefined, text: string][] {
  const marks: [number | undefined, string][] = [[undefined, String(clusters.size[c])]];
  for (const health of [CRITICAL, WARNING]) {
    const count = clusters.health[c * 4 + health]!;
    if (count) marks.push([health, String(count)]);
  }
  const failing = drawn.failingWithin[c] ?? 0;
  if (failing) marks.push([BROKEN, String(failing)]);
  return marks;
}

function marksWidth(pen: Pen, model: Model, c: number, size: number): number {
  const { labels, look } = model;
  const widths = marksOf(model, c).map(([sign, text]) => labels.width(pen, text, size, look.font, 600) + signWidth(sign) * size);
  return widths.reduce((sum, width) => sum + width + size * 0.6, -size * 0.6);
}

function drawMarks(pen: Pen, model: Model, c: number, size: number, left: number, y: number, room: number) {
  const { labels, look } = model;
  let x = left;
  for (const [sign, text] of marksOf(model, c)) {
    const before = signWidth(sign) * size;
    const width = labels.width(pen, text, size, look.font, 600) + before;
    if (x + width > left + room) continue;
    if (sign === BROKEN) drawBroken(pen, look, x + size * 0.65, y, size * 0.46);
    else if (sign) drawMark(pen, look, sign, x + size * 0.45, y, size * 0.46);
    pen.font = `${sign ? 600 : 400} ${size}px ${look.font}`;
    pen.fillStyle = sign ? look.health[sign === BROKEN ? CRITICAL : (sign as 2 | 3)] : look.muted;
    pen.fillText(text, x + before, y);
    x += width + size * 0.6;
  }
}

/** The worst by name, where there is room for more than cells. Yields the height it took. */
function drawWorst(pen: Pen, { scene, clusters, labels, look }: Model, c: number, { x, y, w, h }: Box): number {
  const line = 15;
  const most = Math.min(4, Math.floor((h - 34) / line));
  if (most < 1 || w < 84) return 0;
  const first = clusters.firsts[c]!;
  const ill = Math.min(most, clusters.health[c * 4 + CRITICAL]! + clusters.health[c * 4 + WARNING]!);
  for (let at = 0; at < ill; at++) {
    const n = clusters.members[first + at]!;
    const health = scene.health[n] as 2 | 3;
    const middle = y + at * line + line / 2;
    drawMark(pen, look, health, x + 4, middle, 4);
    pen.font = `500 11px ${look.font}`;
    pen.fillStyle = health === CRITICAL ? look.health[CRITICAL] : look.foreground;
    const text = labels.cut(pen, labels.clean(scene.shorts[n] ?? ''), 11, look.font, w - 14, 500);
    if (text) pen.fillText(text, x + 13, middle);
  }
  return ill ? ill * line + 3 : 0;
}

/** The largest squares that fit in so much room, as many as there are members. */
function layCells({ scene, clusters, colouring, lit }: Model, c: number, { x, y, w, h }: Box, cells: Cells) {
  const count = clusters.size[c]!;
  if (w < CELL_LEAST || h < CELL_LEAST) return;
  let pitch = Math.min(CELL_MOST, Math.sqrt((w * h) / count));
  while (pitch >= CELL_LEAST && Math.floor(w / pitch) * Math.floor(h / pitch) < count) pitch -= 0.25;
  const first = clusters.firsts[c]!;
  const put = (code: number, step: number, left: number, top: number, width: number, height: number) => {
    const key = code * STEPS + step;
    const list = cells.get(key);
    if (list) list.push(left, top, width, height);
    else cells.set(key, [left, top, width, height]);
  };
  if (pitch < CELL_LEAST) {
    // Too many to be told apart: their shares, as one bar. One in ten thousand is still seen.
    const height = Math.min(5, h);
    let left = x;
    for (const health of [3, 2, 1, 0]) {
      const part = clusters.health[c * 4 + health]!;
      if (!part) continue;
      const width = Math.min(Math.max(health >= WARNING ? 2 : 0, (w * part) / count), x + w - left);
      put(health, health >= WARNING ? STEPS - 1 : 1, left, y + h - height, width, height);
      left += width;
    }
    return;
  }
  const columns = Math.floor(w / pitch);
  const side = pitch - (pitch >= 5 ? 1.5 : 0.75);
  for (let at = 0; at < count; at++) {
    const n = clusters.members[first + at]!;
    const health = scene.health[n]!;
    const code = colouring === 'health' || health >= WARNING ? health : 4 + scene.kind[n]!;
    const gauge = scene.gauge[n]!;
    const value = scene.value[n]!;
    const share = gauge === gauge ? gauge : value === value && scene.most > 0 ? Math.sqrt(value / scene.most) : 0;
    const step = health >= WARNING ? STEPS - 1 : Math.max(0, Math.min(STEPS - 1, Math.floor(share * STEPS)));
    const [left, top] = [x + (at % columns) * pitch, y + Math.floor(at / columns) * pitch];
    if (lit?.nodes.has(n)) put(RING, STEPS - 1, left - 2, top - 2, side + 4, side + 4);
    put(code, step, left, top, side, side);
  }
}

function drawCells(pen: Pen, { look }: Model, cells: Cells, alpha: number) {
  // Rings lie under what they are around.
  for (const [key, list] of [...cells].sort(([a], [b]) => a - b)) {
    const code = Math.floor(key / STEPS);
    const bright = key % STEPS;
    pen.fillStyle = (code === RING ? look.ring : code < 4 ? look.health[code as 0] : look.kinds[code - 4]) ?? look.muted;
    pen.globalAlpha = alpha * (look.contrast ? 0.4 + (0.6 * (bright + 1)) / STEPS : BRIGHTNESS[bright]!);
    for (let i = 0; i < list.length; i += 4) pen.fillRect(list[i]!, list[i + 1]!, list[i + 2]!, list[i + 3]!);
  }
}
