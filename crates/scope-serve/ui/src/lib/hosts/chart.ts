// A line over time with its scale, on a canvas: geometry and drawing. Knows rings and times, neither hosts nor words.
import { blend, type Ring } from './history';

export interface Series {
  times: Ring;
  values: Ring;
  /** The newest batch. */
  batch: number;
}

export interface Point {
  at: number;
  value: number;
}

/** Points since `from`, oldest first; NaN where there is a gap. A ring of values may be shorter than that of the times. */
export function points({ times, values, batch }: Series, from: number, share = 1): Point[] {
  const oldest = Math.max(0, batch - Math.min(times.length, values.length) + 1);
  let first = batch;
  while (first > oldest && times.at(first - 1) >= from) first -= 1;
  const found: Point[] = [];
  let smooth = NaN;
  for (let at = oldest; at <= batch; at += 1) {
    smooth = blend(smooth, values.at(at), share);
    if (at >= first && times.at(at) >= from) found.push({ at: times.at(at), value: smooth });
  }
  return found;
}

/** The point nearest to a time, unless it is further away than `most`. */
export function nearest(all: readonly Point[], at: number, most: number): Point | undefined {
  let found: Point | undefined;
  for (const point of all) if (!found || Math.abs(point.at - at) < Math.abs(found.at - at)) found = point;
  return found && Math.abs(found.at - at) <= most ? found : undefined;
}

/** A round number not below `value`: 1, 2 or 5 times a power of ten, or a power of two for bytes. */
export function ceiling(value: number, bytes: boolean): number {
  if (!(value > 0)) return bytes ? 1 << 20 : 1;
  if (bytes) return 2 ** Math.ceil(Math.log2(value));
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

export interface Frame {
  width: number;
  height: number;
  /** The newest time, and how long before it the line begins. */
  edge: number;
  span: number;
  top: number;
}

const HEAD = 4;
const FOOT = 2;

export function place({ width, height, edge, span, top }: Frame, { at, value }: Point): [x: number, y: number] {
  return [width - ((edge - at) / span) * width, height - FOOT - (Math.min(value, top) / top) * (height - HEAD - FOOT)];
}

export interface Marks {
  line: string;
  grid: string;
  limit: string;
  /** Where a limit is, in the unit of the values; NaN where there is none. */
  limitAt: number;
  /** The time under the pointer. */
  cursor: number | undefined;
}

export function draw(context: CanvasRenderingContext2D, frame: Frame, all: readonly Point[], marks: Marks) {
  const { width, height, edge, top } = frame;
  context.lineWidth = 1;
  context.strokeStyle = marks.grid;
  context.beginPath();
  for (const share of [0, 0.5, 1]) {
    const y = Math.round(place(frame, { at: edge, value: top * share })[1]) + 0.5;
    context.moveTo(0, y);
    context.lineTo(width, y);
  }
  context.stroke();
  if (marks.limitAt <= top) {
    const y = Math.round(place(frame, { at: edge, value: marks.limitAt })[1]) + 0.5;
    context.strokeStyle = marks.limit;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.stroke();
    context.setLineDash([]);
  }
  context.strokeStyle = marks.line;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.beginPath();
  let drawn = false;
  for (const point of all) {
    if (Number.isNaN(point.value)) {
      drawn = false;
      continue;
    }
    const [x, y] = place(frame, point);
    if (drawn) context.lineTo(x, y);
    else context.moveTo(x, y);
    drawn = true;
  }
  context.stroke();
  if (marks.cursor === undefined) return;
  const point = nearest(all, marks.cursor, frame.span / 20);
  const x = Math.round(place(frame, { at: point?.at ?? marks.cursor, value: 0 })[0]) + 0.5;
  context.strokeStyle = marks.grid;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, height);
  context.stroke();
  if (!point || Number.isNaN(point.value)) return;
  context.fillStyle = marks.line;
  context.beginPath();
  context.arc(...place(frame, point), 3, 0, 7);
  context.fill();
}
