// Comparisons worth a click, with how many nodes each takes. Figures move each second: those alone that did are compared again.
import type { Graph } from '../graph';

export interface Threshold {
  term: string;
  metric: string;
  over: number;
  count: number;
}

/** Of figures. With restarts no more than there are bits in two bytes. */
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

/** The place of the one that is of no figure: who was restarted says so among its facts. */
const RESTARTS = THRESHOLDS.length;

export class Thresholds {
  /** By the number of the node: what it counts for, and a bit for each that it is over. */
  #weights = new Float64Array();
  #over = new Uint16Array();
  readonly #counts = new Float64Array(THRESHOLDS.length + 1);
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
    for (let at = 0; at <= RESTARTS; at += 1) if (this.#over[n]! & (1 << at)) this.#counts[at]! += more;
  }

  /** Whether a node that was weighed has been restarted. */
  restarted(n: number, ever: boolean) {
    const bit = 1 << RESTARTS;
    if ((this.#over[n]! & bit) === (ever ? bit : 0)) return;
    this.#over[n]! ^= bit;
    this.#counts[RESTARTS]! += ever ? this.#weights[n]! : -this.#weights[n]!;
  }

  /** Those that are of figures which there are, and restarts where there were any. */
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
    const restarted = this.#counts[RESTARTS]!;
    if (restarted > 0) found.push({ term: 'restarts > 0', metric: 'restart_count', over: 0, count: restarted });
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
    const [weights, over] = [new Float64Array(size), new Uint16Array(size)];
    weights.set(this.#weights);
    over.set(this.#over);
    [this.#weights, this.#over] = [weights, over];
  }
}
