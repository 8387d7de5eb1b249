// How nodes are, for who asks of thousands again and again: what facts say is worked out once for each node, figures are read from their columns. The answer
// is that of `judge`, without its reasons.
import type { Graph, GraphNode } from './graph';
import { CRITICAL, hasEnded, HEALTHS, judge, SETTLES_MS, unrestUntil, WARNING } from './health';
import { Roll } from './roll';

const [HEALTHY, WARNS, CRITICALLY, UNKNOWN] = ['healthy', 'warning', 'critical', 'unknown'].map((health) =>
  HEALTHS.findIndex((one) => one === health),
) as [number, number, number, number];
const NONE = new Float64Array();
const NOTHING = () => undefined;
/** Later than all restarts, which are asked for by themselves: they are over some time. */
const EVER = Number.MAX_VALUE;

export class Standings {
  static readonly #all = new WeakMap<Graph, Standings>();
  readonly #roll = new Roll();
  #revision = -1;
  // What facts say, by the number of the node.
  #health = new Uint8Array();
  /** Whether figures can make it worse, or known. */
  #judged = new Uint8Array();
  #unknown = new Uint8Array();
  #unrestUntil = new Float64Array();
  /** What all of its processors are, in per cent of one; NaN where nobody knows. */
  #processors = new Float64Array();

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
    const [facts, judged, unknown, unrest, processors] = [this.#health, this.#judged, this.#unknown, this.#unrestUntil, this.#processors];
    const column = (metric: string) => graph.column(metric) ?? NONE;
    const [used, usedLimit, usedTotal, usedShare] = ['mem_bytes', 'mem_limit_bytes', 'mem_total_bytes', 'mem_pct'].map(column) as Four;
    const [cpu, cpuLimit, throttled, disk] = ['cpu_pct', 'cpu_limit_pct', 'cpu_throttled_pct', 'disk_pct'].map(column) as Four;
    const found = new Uint8Array(numbers.length);
    // Thousands of times, each second: plain reads, no calls. A comparison with what is unknown, NaN, is false.
    for (let at = 0; at < numbers.length; at += 1) {
      const n = numbers[at]!;
      let health = facts[n]!;
      if (health !== CRITICALLY && judged[n] === 1) {
        const memory = used[n] ?? NaN;
        const limit = usedLimit[n] ?? NaN;
        const most = Number.isNaN(limit) ? (usedTotal[n] ?? NaN) : limit;
        const share = most > 0 && memory >= 0 ? memory / most : (usedShare[n] ?? NaN) / 100;
        const full = (disk[n] ?? NaN) / 100;
        if (share >= CRITICAL.memory || full >= CRITICAL.disk) health = CRITICALLY;
        else if (health !== WARNS) {
          const busy = cpu[n] ?? NaN;
          const cpuMost = cpuLimit[n] ?? NaN;
          const own = Number.isNaN(cpuMost) ? processors[n]! : cpuMost;
          if (
            share >= WARNING.memory ||
            full >= WARNING.disk ||
            (own > 0 && busy / own >= WARNING.cpu) ||
            (throttled[n] ?? NaN) / 100 >= WARNING.throttled
          )
            health = WARNS;
          else if (unknown[n] === 1 && !(Number.isNaN(busy) && Number.isNaN(memory))) health = HEALTHY;
        }
      }
      if (health !== CRITICALLY && now < unrest[n]!) health = now < unrest[n]! - SETTLES_MS ? CRITICALLY : WARNS;
      found[at] = health;
    }
    return found;
  }

  #look() {
    if (this.#revision === this.graph.revision) return;
    this.#revision = this.graph.revision;
    this.#roll.call(this.graph.nodes, (_, came) => came && this.#put(came));
  }

  #put(node: GraphNode) {
    const { n, role, facts } = node;
    if (n >= this.#health.length) this.#grow(Math.max(n + 1, n * 2));
    const cores = facts.attrs?.['cores'];
    const health = HEALTHS.indexOf(judge(node, NOTHING, EVER).health);
    this.#health[n] = health;
    this.#judged[n] = role === 'pseudo' || hasEnded(node) ? 0 : 1;
    // Some are not known to be well however much is measured: those that are starting.
    this.#unknown[n] =
      health === UNKNOWN && judge(node, (metric) => (metric === 'cpu_pct' ? 0 : undefined), EVER).health === 'healthy' ? 1 : 0;
    this.#unrestUntil[n] = role === 'pseudo' ? 0 : unrestUntil(node);
    this.#processors[n] = typeof cores === 'number' && cores > 0 ? cores * 100 : NaN;
  }

  #grow(size: number) {
    const bytes = (old: Uint8Array) => {
      const grown = new Uint8Array(size);
      grown.set(old);
      return grown;
    };
    const floats = (old: Float64Array) => {
      const grown = new Float64Array(size);
      grown.set(old);
      return grown;
    };
    [this.#health, this.#judged, this.#unknown] = [bytes(this.#health), bytes(this.#judged), bytes(this.#unknown)];
    [this.#unrestUntil, this.#processors] = [floats(this.#unrestUntil), floats(this.#processors)];
  }
}

type Four = [Float64Array, Float64Array, Float64Array, Float64Array];
