// A sparkline: its scale, and its path. Knows neither rows nor colours.

/** How many batches a sparkline shows. */
export const SHOWN = 60;
/** Below this, CPU is drawn as what it is: next to nothing. */
const CPU_FLOOR = 10;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** CPU is drawn from zero; memory around where it is, as growth is what to look for. */
export function scale(of: 'cpu' | 'memory', all: ArrayLike<number>): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (let at = 0; at < all.length; at += 1) {
    const value = all[at] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (of === 'cpu') return { low: 0, high: Math.max(CPU_FLOOR, high) };
  const middle = (low + high) / 2;
  const half = Math.max((high - low) / 2, high * 0.05, 1);
  return { low: middle - half * 1.2, high: middle + half * 1.2 };
}

/** Adds the line of values, oldest first, to a path within the box; NaN is a gap. */
export function trace(path: CanvasPath, of: 'cpu' | 'memory', values: ArrayLike<number>, { x, y, width, height }: Box) {
  const { low, high } = scale(of, values);
  const step = width / (values.length - 1);
  let drawn = false;
  for (let at = 0; at < values.length; at += 1) {
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
