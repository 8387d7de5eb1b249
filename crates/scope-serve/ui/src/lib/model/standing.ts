// How nodes are, for who asks of thousands again and again: what facts say is worked out once for each node, figures are read from their columns, and only what
// changed or moved is judged anew. The answers are those of `judge`, without its reasons, and of `share`.
import { bitsOf, ROLE } from './difference';
import type { Graph, GraphNode } from './graph';
import { CRITICAL, WARNING } from './bounds';
import { hasEnded, HEALTHS, judge, SETTLES_MS, unrestUntil } from './health';
import { Roll } from './roll';

/** What is kept of a node's facts: its health, whether figures can make it worse, or known, and, of few, that it restarted or has processors of its own. */
const HEALTH = 3;
const JUDGED = 4;
const UNKNOWN_YET = 8;
const RESTARTED = 16;
const HAS_CORES = 32;

const [HEALTHY, WARNS, CRITICALLY, UNKNOWN] = ['healthy', 'warning', 'critical', 'unknown'].map((health) =>
  HEALTHS.findIndex((one) => one === health),
) as [number, number, number, number];
const NOTHING = () => undefined;
/** The attributes that facts are judged by, and those that figures are judged with. */
const RESTARTS = bitsOf('restart_count', 'started_at');
const JUDGED_BY = ROLE | RESTARTS | bitsOf('state', 'exit_code', 'oom_killed', 'health', 'cores');
const BESIDE_RESTARTS = JUDGED_BY & ~RESTARTS;
/** The figures that nodes are judged by. */
export const JUDGED_FIGURES: ReadonlySet<string> = new Set([
  'cpu_pct',
  'cpu_limit_pct',
  'cpu_throttled_pct',
  'mem_bytes',
  'mem_pct',
  'mem_limit_bytes',
  'mem_total_bytes',
  'disk_pct',
]);
/** Later than all restarts, which are asked for by themselves: they are over some time. */
const EVER = Number.MAX_VALUE;

export class Standings {
  static readonly #all = new WeakMap<Graph, Standings>();
  readonly #roll = new Roll(JUDGED_BY);
  #touches = -1;
  #moves = -1;
  /** What facts say, by the number of the node: the place of its health in `HEALTHS`, and what else there is to look at. */
  #facts = new Uint8Array();
  /** How each is by its facts and figures, but for restarts, by number. */
  #health = new Uint8Array();
  #unrestUntil = new Float64Array();
  /** What all of its processors are, in per cent of one, where that is known. */
  #processors = new Float64Array();
  /** A figure that no node has. */
  #nothing = new Float64Array();

  private constructor(readonly graph: Graph) {}

  static of(graph: Graph): Standings {
    let standings = this.#all.get(graph);
    if (!standings) this.#all.set(graph, (standings = new Standings(graph)));
    return standings;
  }

  /** How nodes of the graph are now: for each number the place of its health in `HEALTHS`. */
  health(numbers: ArrayLike<number>, now: number): Uint8Array {
    this.#look();
    const [facts, health, unrest] = [this.#facts, this.#health, this.#unrestUntil];
    const found = new Uint8Array(numbers.length);
    for (let at = 0; at < numbers.length; at += 1) {
      const n = numbers[at]!;
      found[at] = health[n]!;
      // Restarts are over some time, and nobody says so.
      if (facts[n]! & RESTARTED && found[at] !== CRITICALLY && now < unrest[n]!)
        found[at] = now < unrest[n]! - SETTLES_MS ? CRITICALLY : WARNS;
    }
    return found;
  }

  /** How much of its limit a figure of each node is; NaN where there is no limit, or it is unknown. */
  shares(numbers: ArrayLike<number>, metric: string): Float32Array {
    this.#look();
    const found = new Float32Array(numbers.length).fill(NaN);
    const values = this.#column(metric);
    if (metric === 'mem_bytes') {
      const [limits, totals, shares] = [this.#column('mem_limit_bytes'), this.#column('mem_total_bytes'), this.#column('mem_pct')];
      for (let at = 0; at < numbers.length; at += 1) {
        const n = numbers[at]!;
        const most = Number.isNaN(limits[n]!) ? totals[n]! : limits[n]!;
        found[at] = most > 0 && !Number.isNaN(values[n]!) ? values[n]! / most : shares[n]! / 100;
      }
    } else if (metric === 'cpu_pct') {
      const limits = this.#column('cpu_limit_pct');
      for (let at = 0; at < numbers.length; at += 1) {
        const n = numbers[at]!;
        const own = Number.isNaN(limits[n]!) && this.#facts[n]! & HAS_CORES ? this.#processors[n]! : limits[n]!;
        if (own > 0) found[at] = values[n]! / own;
      }
    } else if (metric.endsWith('_pct')) for (let at = 0; at < numbers.length; at += 1) found[at] = values[numbers[at]!]! / 100;
    return found;
  }

  /** All values of a figure, by number: unknown of all where nobody has it. */
  #column(metric: string): Float64Array {
    return this.graph.column(metric) ?? this.#nothing;
  }

  #look() {
    const { graph } = this;
    if (this.#touches === graph.touches && this.#moves === graph.moves) return;
    const changed: number[] = [];
    this.#roll.call(graph, (_, came, difference) => {
      if (!came) return;
      // Restarts are looked at by themselves: what was made anew is as well as it was.
      if (difference & BESIDE_RESTARTS) this.#put(came);
      else this.#putUnrest(came);
      changed.push(came.n);
    });
    const moved = graph.movedSince(this.#moves);
    this.#touches = graph.touches;
    this.#moves = graph.moves;
    if (!moved) return this.#judge(Uint32Array.from(graph.nodes.keys()));
    this.#judge(new Uint32Array(changed));
    let last: readonly number[] | undefined;
    for (const [figure, of] of moved) {
      // Columns that come together have the same list.
      if (of === last || !JUDGED_FIGURES.has(graph.metrics[figure] ?? '')) continue;
      this.#judge(new Uint32Array(of));
      last = of;
    }
  }

  /** By facts and figures as they are, but for restarts. */
  #judge(numbers: Uint32Array) {
    const [facts, processors, found] = [this.#facts, this.#processors, this.#health];
    const [used, usedLimit, usedTotal, usedShare] = ['mem_bytes', 'mem_limit_bytes', 'mem_total_bytes', 'mem_pct'].map((one) =>
      this.#column(one),
    ) as Four;
    const [cpu, cpuLimit, throttled, disk] = ['cpu_pct', 'cpu_limit_pct', 'cpu_throttled_pct', 'disk_pct'].map((one) =>
      this.#column(one),
    ) as Four;
    // Thousands of times, each second: plain reads, none of them beyond an end, no calls. A comparison with what is unknown, NaN, is false.
    for (let at = 0; at < numbers.length; at += 1) {
      const n = numbers[at]!;
      if (n >= facts.length) continue;
      const known = facts[n]!;
      let health = known & HEALTH;
      if (health !== CRITICALLY && known & JUDGED) {
        const memory = used[n]!;
        const limit = usedLimit[n]!;
        const most = Number.isNaN(limit) ? usedTotal[n]! : limit;
        const share = most > 0 && memory >= 0 ? memory / most : usedShare[n]! / 100;
        const full = disk[n]! / 100;
        if (share >= CRITICAL.memory || full >= CRITICAL.disk) health = CRITICALLY;
        else if (health !== WARNS) {
          const busy = cpu[n]!;
          const cpuMost = cpuLimit[n]!;
          const own = Number.isNaN(cpuMost) && known & HAS_CORES ? processors[n]! : cpuMost;
          if (
            share >= WARNING.memory ||
            full >= WARNING.disk ||
            (own > 0 && busy / own >= WARNING.cpu) ||
            throttled[n]! / 100 >= WARNING.throttled
          )
            health = WARNS;
          else if (known & UNKNOWN_YET && !(Number.isNaN(busy) && Number.isNaN(memory))) health = HEALTHY;
        }
      }
      found[n] = health;
    }
  }

  #put(node: GraphNode) {
    const { n, role, facts } = node;
    if (n >= this.#facts.length) this.#grow(Math.max(n + 1, n * 2));
    const cores = facts.attrs?.['cores'];
    const health = HEALTHS.indexOf(judge(node, NOTHING, EVER).health);
    let known = health;
    if (role !== 'pseudo' && !hasEnded(node)) known |= JUDGED;
    // Some are not known to be well however much is measured: those that are starting.
    if (health === UNKNOWN && judge(node, (metric) => (metric === 'cpu_pct' ? 0 : undefined), EVER).health === 'healthy')
      known |= UNKNOWN_YET;
    if (typeof cores === 'number' && cores > 0) known |= HAS_CORES;
    this.#facts[n] = known;
    if (known & HAS_CORES) this.#processors[n] = Number(cores) * 100;
    this.#putUnrest(node);
  }

  /** What restarts alone say; the rest of what is kept of it holds. */
  #putUnrest(node: GraphNode) {
    const { n } = node;
    // Of what has ended, and of what stands for many, restarts are no news.
    const until = this.#facts[n]! & JUDGED ? unrestUntil(node) : 0;
    if (until > 0) {
      this.#facts[n]! |= RESTARTED;
      this.#unrestUntil[n] = until;
    } else this.#facts[n]! &= ~RESTARTED;
  }

  #grow(size: number) {
    const floats = (old: Float64Array) => {
      const grown = new Float64Array(size);
      grown.set(old);
      return grown;
    };
    const bytes = (old: Uint8Array) => {
      const grown = new Uint8Array(size);
      grown.set(old);
      return grown;
    };
    [this.#facts, this.#health] = [bytes(this.#facts), bytes(this.#health)];
    [this.#unrestUntil, this.#processors] = [floats(this.#unrestUntil), floats(this.#processors)];
    this.#nothing = new Float64Array(size).fill(NaN);
  }
}

type Four = [Float64Array, Float64Array, Float64Array, Float64Array];
