// A map that is wide on a screen that is high: its clusters, and what stands alone, in rows as broad as the screen. They keep their order, and what is in them its
// places. Rectangles in, ways out; nothing here knows what is in them.

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
  /** Stands in no cluster, where others do: such as all of the Internet. It comes last, in a row of its own. */
  apart?: boolean;
}

const BETWEEN = 40;
/** What is drawn so much larger is worth another order than everybody else's. */
const WORTH = 1.1;

/** How far each goes, as pairs of x and y; nothing where little would be won. `aspect` is the screen's width by its height. */
export function reflow(rects: readonly Rect[], aspect: number): Float32Array | undefined {
  if (rects.length < 2) return undefined;
  const left = Math.min(...rects.map((rect) => rect.x));
  const top = Math.min(...rects.map((rect) => rect.y));
  const width = Math.max(...rects.map((rect) => rect.x + rect.w)) - left;
  const height = Math.max(...rects.map((rect) => rect.y + rect.h)) - top;
  const order = inReadingOrder(rects);
  const widest = Math.max(...rects.map((rect) => rect.w));
  const area = rects.reduce((sum, rect) => sum + (rect.w + BETWEEN) * (rect.h + BETWEEN), 0);
  const room = (w: number, h: number) => Math.max(w / aspect, h);
  let best: { rows: number[][]; room: number; limit: number } | undefined;
  for (const wider of [0.8, 0.95, 1.1, 1.3, 1.6]) {
    const limit = Math.max(widest, Math.sqrt(area * aspect) * wider);
    const rows = rowsOf(rects, order, limit);
    const needed = room(Math.max(...rows.map((row) => widthOf(rects, row))), heightOf(rects, rows));
    if (!best || needed < best.room) best = { rows, room: needed, limit };
  }
  if (!best || room(width, height) < best.room * WORTH) return undefined;
  const ways = new Float32Array(rects.length * 2);
  let y = top;
  for (const row of best.rows) {
    const high = Math.max(...row.map((at) => rects[at]!.h));
    // One that stands in a row alone stands in its middle: the rest begins at the left, as what is read does.
    let x = row.length === 1 && rects[row[0]!]!.w < best.limit / 2 ? left + (best.limit - rects[row[0]!]!.w) / 2 : left;
    for (const at of row) {
      ways[at * 2] = x - rects[at]!.x;
      ways[at * 2 + 1] = y - rects[at]!.y;
      x += rects[at]!.w + BETWEEN;
    }
    y += high + BETWEEN;
  }
  return ways;
}

/** Row by row as they stand: who begins above the middle of the first of a row is in it. */
function inReadingOrder(rects: readonly Rect[]): number[] {
  const byTop = rects.map((_, at) => at).sort((a, b) => rects[a]!.y - rects[b]!.y || rects[a]!.x - rects[b]!.x);
  const order: number[] = [];
  for (let at = 0; at < byTop.length;) {
    const first = rects[byTop[at]!]!;
    const row: number[] = [];
    while (at < byTop.length && (!row.length || rects[byTop[at]!]!.y < first.y + first.h / 2)) row.push(byTop[at++]!);
    order.push(...row.sort((a, b) => rects[a]!.x - rects[b]!.x));
  }
  const apart = (at: number) => (rects[at]!.apart ? 1 : 0);
  return order.sort((a, b) => apart(a) - apart(b));
}

function rowsOf(rects: readonly Rect[], order: readonly number[], limit: number): number[][] {
  const rows: number[][] = [];
  let width = Infinity;
  for (const at of order) {
    const more = width + BETWEEN + rects[at]!.w;
    if (more > limit || (rects[at]!.apart && !rects[rows.at(-1)![0]!]!.apart)) {
      rows.push([at]);
      width = rects[at]!.w;
    } else {
      rows.at(-1)!.push(at);
      width = more;
    }
  }
  return rows;
}

const widthOf = (rects: readonly Rect[], row: readonly number[]) => row.reduce((sum, at) => sum + rects[at]!.w + BETWEEN, -BETWEEN);
const heightOf = (rects: readonly Rect[], rows: readonly number[][]) =>
  rows.reduce((sum, row) => sum + Math.max(...row.map((at) => rects[at]!.h)) + BETWEEN, -BETWEEN);
