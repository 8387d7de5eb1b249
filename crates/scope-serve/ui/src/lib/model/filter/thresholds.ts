// Comparisons worth a click, with how many nodes each takes. Figures move each second: those alone that did are compared again.
import type { Graph } from '../graph';

export interface Threshold {
  term: string;
  metric: string;
  over: number;
  count: number;
}

/** No more than there are bits in a byte. */
const THRESHOLDS: readonly Omit<Threshold, 'count'>[] = [
  { term: 'cpu > 50', metric: 'cpu_pct', over: 50 },
  { term: 'cpu > 100', metric: 'cpu_pct', over: 100 },
  { term: 'mem > 512MiB', metric: 'mem_bytes', over: 512 * 2 ** 20 },
  { term: 'mem > 1GiB', metric: 'mem_bytes', over: 2 ** 30 },
  { term: 'mem_pct > 80', metric: 'mem_pct', over: 80 },
  { term: 'rx > 1MiB/s', metric: 'rx_bytes_per_sec', over: 2 ** 20 },
  { term: 'tx > 1MiB/s', metric: 'tx_bytes_per_sec', over: 2 ** 20 },
  { term: 'throttled > 10', metric: 'cpu_throttled_pct', over: 10 },
];

export class Thresholds {
  /** By the number of the node: what it counts for, and a bit for each that it is over. */
  #weights = new Float64Array();
  #over = new Uint8Array();
  readonly #counts = new Float64Array(THRESHOLDS.length);
  /** Whoever came or went since it was last looked. */
  #fresh: number[] = [];
  #moves = -1;

  constructor(readonly graph: Graph) {}

  /** How much a node counts for from now on: nothing, where it has gone. */
  weigh(n: number, weight: number) {
    if (n >= this.#weights.length) this.#grow(Math.max(n + 1, n * 2));
    const more = weight - this.#weights[n]!;
    this.#weights[n] = weight;
    this.#fresh.push(n);
    for (let at = 0; at < THRESHOLDS.length; at += 1) if (this.#over[n]! & (1 << at)) this.#counts[at]! += more;
  }

  /** Those that are of figures which there are. */
  counts(): Threshold[] {
    const { graph } = this;
    const moved = graph.movedSince(this.#moves);
    this.#moves = graph.moves;
    const fresh = moved ? this.#fresh : Array.from(this.#weights.keys());
    this.#fresh = [];
    const found: Threshold[] = [];
    THRESHOLDS.forEach((one, at) => {
      const column = graph.column(one.metric);
      if (fresh.length) this.#compare(fresh, column, at);
      for (const [figure, of] of moved ?? []) if (graph.metrics[figure] === one.metric) this.#compare(of, column, at);
      if (column) found.push({ ...one, count: this.#counts[at]! });
    });
    return found;
  }

  #compare(numbers: readonly number[], column: Float64Array | undefined, at: number) {
    const [weights, over, limit, bit] = [this.#weights, this.#over, THRESHOLDS[at]!.over, 1 << at];
    let more = 0;
    for (let place = 0; place < numbers.length; place += 1) {
      const n = numbers[place]!;
      if (n >= over.length) continue;
      const now = column !== undefined && column[n]! > limit ? bit : 0;
      if ((over[n]! & bit) === now) continue;
      over[n]! ^= bit;
      more += now ? weights[n]! : -weights[n]!;
    }
    this.#counts[at]! += more;
  }

  #grow(size: number) {
    const [weights, over] = [new Float64Array(size), new Uint8Array(size)];
    weights.set(this.#weights);
    over.set(this.#over);
    [this.#weights, this.#over] = [weights, over];
  }
}
