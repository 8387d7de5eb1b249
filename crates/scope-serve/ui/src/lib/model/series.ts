// A figure over time: what the server remembers, then what arrives. Bounded, in the order of time. Plain data, nothing drawn.

export interface Sample {
  /** Milliseconds. */
  at: number;
  value: number;
}

interface Point {
  at: string;
  mean: number;
}

/** What is kept: a quarter of an hour at a figure a second, and then some. */
const MOST = 1200;
const SPAN = 15 * 60_000;

export class Series {
  #samples: Sample[] = [];

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  get last(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** What the server remembers: `coarse` points for long, `latest` for the last seconds. What arrived since stays. */
  remember(coarse: readonly Point[], latest: readonly Point[]) {
    const arrived = this.#samples;
    const fine = latest.map(({ at, mean }) => ({ at: Date.parse(at), value: mean })).filter(isSample);
    const from = fine[0]?.at ?? arrived[0]?.at ?? Infinity;
    const old = coarse
      .map(({ at, mean }) => ({ at: Date.parse(at), value: mean }))
      .filter((sample) => isSample(sample) && sample.at < from);
    const known = [...old, ...fine];
    const end = known.at(-1)?.at ?? -Infinity;
    this.#samples = [...known, ...arrived.filter((sample) => sample.at > end)].slice(-MOST);
  }

  /** A figure that just arrived. */
  add(at: number, value: number) {
    if (!Number.isFinite(at) || !Number.isFinite(value)) return;
    const last = this.last;
    if (last && at <= last.at) {
      // Two messages of one moment: the later one is right. A clock that was set back begins nothing anew.
      if (at === last.at) this.#samples[this.#samples.length - 1] = { at, value };
      return;
    }
    this.#samples.push({ at, value });
    if (this.#samples.length > MOST || (this.#samples[0]?.at ?? at) < at - SPAN * 1.2) {
      this.#samples = this.#samples.filter((sample) => sample.at >= at - SPAN).slice(-MOST);
    }
  }
}

const isSample = ({ at, value }: Sample) => Number.isFinite(at) && Number.isFinite(value);

/** The sample nearest to a time. Samples are in order. */
export function nearest(samples: readonly Sample[], at: number): Sample | undefined {
  let low = 0;
  let high = samples.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const after = samples[low];
  const before = samples[low - 1];
  if (!before || !after) return after ?? before;
  return at - before.at <= after.at - at ? before : after;
}

/** How far up a chart goes: somewhat over the largest value, and to the limit where that is near. */
export function ceiling(lines: readonly (readonly Sample[])[], limit: number | undefined, from: number): number {
  let most = 0;
  for (const samples of lines) for (const sample of samples) if (sample.at >= from && sample.value > most) most = sample.value;
  if (limit !== undefined && limit > 0 && most > limit * 0.4) return Math.max(limit, most) * 1.08;
  return most > 0 ? most * 1.15 : 1;
}
