// Sparklines of a card's rows on one canvas, with how much of a limit is used. Draws and measures nothing else.
import type { Columns } from './columns';
import { recent, type Ring } from './history';
import { SMOOTH, share, type Container } from './host';

/** How many batches a sparkline shows. */
export const SHOWN = 60;
/** A limit is near from here on, and next to reached. */
export const NEAR = 0.9;
export const REACHED = 0.97;
/** Below this, CPU is drawn as what it is: next to nothing. */
const CPU_FLOOR = 10;

export interface Ink {
  cpu: string;
  memory: string;
  track: string;
  used: string;
  warning: string;
  critical: string;
}

const values = new Float64Array(SHOWN);

/** CPU is drawn from zero; memory around where it is, as growth is what to look for. */
export function scale(of: 'cpu' | 'memory', all: Float64Array): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const value of all) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (of === 'cpu') return { low: 0, high: Math.max(CPU_FLOOR, high) };
  const middle = (low + high) / 2;
  const half = Math.max((high - low) / 2, high * 0.05, 1);
  return { low: middle - half * 1.2, high: middle + half * 1.2 };
}

/** Adds the line of a ring to a path, within the box. */
export function trace(
  path: CanvasPath,
  of: 'cpu' | 'memory',
  ring: Ring,
  batch: number,
  smooth: boolean,
  x: number,
  y: number,
  width: number,
  height: number,
) {
  recent(ring, batch, values, smooth ? SMOOTH : 1);
  const { low, high } = scale(of, values);
  const step = width / (SHOWN - 1);
  let drawn = false;
  for (let at = 0; at < SHOWN; at += 1) {
    const value = values[at] as number;
    if (Number.isNaN(value)) {
      drawn = false;
      continue;
    }
    const to = y + height - ((value - low) / (high - low)) * height;
    if (drawn) path.lineTo(x + at * step, to);
    else path.moveTo(x + at * step, to);
    drawn = true;
  }
}

export function drawRows(
  context: CanvasRenderingContext2D,
  rows: readonly Container[],
  at: { row: number; columns: Columns; batch: number; smooth: boolean },
  ink: Ink,
) {
  const used: Record<'track' | 'used' | 'warning' | 'critical', [number, number, number][]> = {
    track: [],
    used: [],
    warning: [],
    critical: [],
  };
  const { row: height } = at;
  // A line of one pixel needs no outline, and many short paths are drawn faster than a long one where there is no GPU.
  context.lineWidth = 1;
  for (const spark of at.columns.sparks) {
    const x = spark.left;
    context.strokeStyle = ink[spark.of];
    for (const [index, row] of rows.entries()) {
      const top = index * height;
      const limit = spark.of === 'cpu' ? share(row.cpu, row.cpuLimit) : share(row.memory, row.memoryLimit);
      const gauge = !Number.isNaN(limit);
      const [ring, box] = [spark.of === 'cpu' ? row.cpuHistory : row.memoryHistory, height - (gauge ? 15 : 10)];
      context.beginPath();
      trace(context, spark.of, ring, at.batch, at.smooth, x, top + 5, spark.width, box);
      context.stroke();
      if (!gauge) continue;
      const full = Math.min(1, limit) * spark.width;
      used.track.push([x + full, top + height - 7, spark.width - full]);
      used[limit >= REACHED ? 'critical' : limit >= NEAR ? 'warning' : 'used'].push([x, top + height - 7, full]);
    }
  }
  for (const [kind, boxes] of Object.entries(used)) {
    context.fillStyle = ink[kind as keyof typeof used];
    for (const [x, y, width] of boxes) context.fillRect(x, y, width, 2);
  }
}
