// What the nodes of a view come to together. Only what the view is of counts: a host's figures and those of its containers are not added up.
import type { Graph } from './graph';
import { HEALTHS } from './health';
import { Standings } from './standing';

export interface Totals {
  /** Nodes that the view is of; those of groups each count. */
  members: number;
  nodes: number;
  edges: number;
  /** All that there are, where this is of a part of them. */
  of?: { members: number; edges: number };
  critical: number;
  warning: number;
  /** Absent where nobody knows. */
  cpuPct?: number;
  memBytes?: number;
  rxBytesPerSec?: number;
  txBytesPerSec?: number;
}

const METRICS = { cpuPct: 'cpu_pct', memBytes: 'mem_bytes', rxBytesPerSec: 'rx_bytes_per_sec', txBytesPerSec: 'tx_bytes_per_sec' } as const;
const CRITICAL = HEALTHS.indexOf('critical');
const WARNING = HEALTHS.indexOf('warning');

/** Adds up again and again: who belongs to the view is gone through where that changed, else figures alone. */
export class Adder {
  #revision = -1;
  #part: ArrayLike<number> | undefined;
  #numbers = new Uint32Array();
  #members = 0;
  #edges = 0;
  #of: Totals['of'];

  constructor(readonly graph: Graph) {}

  /** `part`: the nodes that are shown, where that is not all. */
  totals(now: number, part?: ArrayLike<number>): Totals {
    const { graph } = this;
    this.#look(part);
    const numbers = this.#numbers;
    const totals: Totals = { members: this.#members, nodes: part?.length ?? graph.nodes.size, edges: this.#edges, critical: 0, warning: 0 };
    if (this.#of) totals.of = this.#of;
    for (const [total, metric] of Object.entries(METRICS) as [keyof typeof METRICS, string][]) {
      const sum = sumOf(numbers, graph.column(metric));
      if (sum !== undefined) totals[total] = sum;
    }
    const health = Standings.of(graph).health(numbers, now);
    for (const one of health) {
      if (one === CRITICAL) totals.critical += 1;
      else if (one === WARNING) totals.warning += 1;
    }
    return totals;
  }

  #look(part: ArrayLike<number> | undefined) {
    const { graph } = this;
    if (this.#revision === graph.revision && this.#part === part) return;
    this.#revision = graph.revision;
    this.#part = part;
    const shown = part && new Set(Array.from(part));
    const numbers = new Uint32Array(graph.nodes.size);
    let [count, members, all] = [0, 0, 0];
    for (const { n, role, facts } of graph.nodes.values()) {
      if (role !== 'member' && role !== 'group') continue;
      const those = facts.members ?? 1;
      all += those;
      if (shown && !shown.has(n)) continue;
      numbers[count] = n;
      count += 1;
      members += those;
    }
    this.#numbers = numbers.subarray(0, count);
    this.#members = members;
    this.#edges = graph.edges.size;
    this.#of = undefined;
    if (!shown) return;
    this.#of = { members: all, edges: graph.edges.size };
    this.#edges = 0;
    for (const { from, to } of graph.edges.values()) if (shown.has(from) && shown.has(to)) this.#edges += 1;
  }
}

/** Nothing where nobody knows any. */
function sumOf(numbers: Uint32Array, column: Float64Array | undefined): number | undefined {
  let [sum, known] = [0, false];
  if (!column) return undefined;
  for (let at = 0; at < numbers.length; at += 1) {
    const value = column[numbers[at]!] ?? NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    known = true;
  }
  return known ? sum : undefined;
}
