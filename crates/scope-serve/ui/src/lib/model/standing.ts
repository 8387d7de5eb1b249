// How nodes are, for who asks of thousands again and again: what facts say is worked out once for each node, figures are read from their columns. The answer
// is that of `judge`, without its reasons.
import type { Graph, GraphNode } from './graph';
import { CRITICAL, hasEnded, HEALTHS, judge, SETTLES_MS, unrestUntil, WARNING } from './health';
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
const JUDGED_BY = ['state', 'exit_code', 'oom_killed', 'health', 'restart_count', 'started_at', 'cores'] as const;
/** Later than all restarts, which are asked for by themselves: they are over some time. */
const EVER = Number.MAX_VALUE;

export class Standings {
  static readonly #all = new WeakMap<Graph, Standings>();
  readonly #roll = new Roll();
  /** What facts say, by the number of the node: the place of its health in `HEALTHS`, and what else there is to look at. */
  #facts = new Uint8Array();
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
    const { graph } = this;
    const [facts, unrest, processors] = [this.#facts, this.#unrestUntil, this.#processors];
    const column = (metric: string) => graph.column(metric) ?? this.#nothing;
    const [used, usedLimit, usedTotal, usedShare] = ['mem_bytes', 'mem_limit_bytes', 'mem_total_bytes', 'mem_pct'].map(column) as Four;
    const [cpu, cpuLimit, throttled, disk] = ['cpu_pct', 'cpu_limit_pct', 'cpu_throttled_pct', 'disk_pct'].map(column) as Four;
    const found = new Uint8Array(numbers.length);
    // Thousands of times, each second: plain reads, none of them beyond an end, no calls. A comparison with what is unknown, NaN, is false.
    for (let at = 0; at < numbers.length; at += 1) {
      const n = numbers[at]!;
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
      if (known & RESTARTED && health !== CRITICALLY && now < unrest[n]!) health = now < unrest[n]! - SETTLES_MS ? CRITICALLY : WARNS;
      found[at] = health;
    }
    return found;
  }

  #look() {
    // Most changes are to something else, and looking is less work than judging.
    this.#roll.call(this.graph, (left, came) => came && !(left && isAlike(left, came)) && this.#put(came));
  }

  #put(node: GraphNode) {
    const { n, role, facts } = node;
    if (n >= this.#facts.length) this.#grow(Math.max(n + 1, n * 2));
    const cores = facts.attrs?.['cores'];
    const health = HEALTHS.indexOf(judge(node, NOTHING, EVER).health);
    const unrest = role === 'pseudo' ? 0 : unrestUntil(node);
    let known = health;
    if (role !== 'pseudo' && !hasEnded(node)) known |= JUDGED;
    // Some are not known to be well however much is measured: those that are starting.
    if (health === UNKNOWN && judge(node, (metric) => (metric === 'cpu_pct' ? 0 : undefined), EVER).health === 'healthy')
      known |= UNKNOWN_YET;
    if (unrest > 0) known |= RESTARTED;
    if (typeof cores === 'number' && cores > 0) known |= HAS_CORES;
    this.#facts[n] = known;
    if (known & RESTARTED) this.#unrestUntil[n] = unrest;
    if (known & HAS_CORES) this.#processors[n] = Number(cores) * 100;
  }

  #grow(size: number) {
    const floats = (old: Float64Array) => {
      const grown = new Float64Array(size);
      grown.set(old);
      return grown;
    };
    const facts = new Uint8Array(size);
    facts.set(this.#facts);
    this.#facts = facts;
    [this.#unrestUntil, this.#processors] = [floats(this.#unrestUntil), floats(this.#processors)];
    this.#nothing = new Float64Array(size).fill(NaN);
  }
}

function isAlike(a: GraphNode, b: GraphNode): boolean {
  const [one, other] = [a.facts.attrs, b.facts.attrs];
  return a.role === b.role && JUDGED_BY.every((name) => one?.[name] === other?.[name]);
}

type Four = [Float64Array, Float64Array, Float64Array, Float64Array];
