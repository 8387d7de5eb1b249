// The last moments of figures: rings that share one cursor, so that a host's containers need no times of their own. A container that is not in a batch
// has a gap there.

/** How many batches are kept for each container. Two minutes, at one a second. */
export const KEPT = 120;
/** And of a host as a whole: ten minutes. */
export const KEPT_OF_HOST = 600;

const START = 12;

/** Counts batches; each ring has its slot for each of them. */
export class Ring {
  readonly #values: Float64Array;

  constructor(readonly length: number) {
    this.#values = new Float64Array(length).fill(NaN);
  }

  set(count: number, value: number) {
    this.#values[count % this.length] = value;
  }

  /** What batch `count` had; the caller asks for none that is older than the ring is long. */
  at(count: number): number {
    return this.#values[count % this.length] ?? NaN;
  }
}

/** Writes the newest `out.length` values up to batch `count` into `out`, oldest first; smoothed where `share` of a new value is less than 1. */
export function recent(ring: Ring, count: number, out: Float64Array, share = 1): Float64Array {
  const most = Math.min(out.length, ring.length);
  out.fill(NaN);
  let smooth = NaN;
  // A little of what is older than what is shown gives smoothing its start.
  const before = share < 1 ? START : 0;
  for (let at = Math.max(0, count - Math.min(ring.length, most + before) + 1); at <= count; at += 1) {
    smooth = blend(smooth, ring.at(at), share);
    const slot = out.length - 1 - (count - at);
    if (count - at < most) out[slot] = smooth;
  }
  return out;
}

/** The next value of an exponential average; a gap begins it anew. */
export function blend(before: number, value: number, share: number): number {
  return Number.isNaN(before) || Number.isNaN(value) ? value : before + (value - before) * share;
}
