// What the nodes of a view come to together. Only what the view is of counts: a host's figures and those of its containers are not added up.
import { MEMBERS, ROLE } from './difference';
import type { Graph, GraphNode } from './graph';
import { HEALTHS } from './health';
import { Roll } from './roll';
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

/** How much a node counts for; nothing where it only stands beside what the view is of. */
const countOf = (node: GraphNode | undefined) => (node?.role === 'member' || node?.role === 'group' ? (node.facts.members ?? 1) : 0);

/** Adds up again and again: who belongs to the view is gone through where that changed, else figures alone. */
export class Adder {
  readonly #roll = new Roll(ROLE | MEMBERS);
  #stale = true;
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
    totals.critical = times(health, CRITICAL);
    totals.warning = times(health, WARNING);
    return totals;
  }

  #look(part: ArrayLike<number> | undefined) {
    const { graph } = this;
    // Most changes are to what nodes say of themselves, and leave who belongs to the view as it was.
    this.#roll.call(graph, (left, came) => (this.#stale ||= countOf(left) !== countOf(came)));
    // Of a part it matters which edges are within it, too.
    if (!this.#stale && this.#part === part && (!part || this.#revision === graph.revision)) {
      if (!part) this.#edges = graph.edges.size;
      return;
    }
    this.#stale = false;
    this.#revision = graph.revision;
    this.#part = part;
    const shown = part && new Set(Array.from(part));
    const numbers = new Uint32Array(graph.nodes.size);
    let [count, members, all] = [0, 0, 0];
    for (const node of graph.nodes.values()) {
      const those = countOf(node);
      all += those;
      if (those === 0 || (shown && !shown.has(node.n))) continue;
      numbers[count] = node.n;
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
  if (!column) return undefined;
  let sum = 0;
  let known = 0;
  for (let at = 0; at < numbers.length; at += 1) {
    const value = column[numbers[at]!]!;
    // What is unknown is no number, and not equal to itself.
    if (value !== value) continue;
    sum += value;
    known += 1;
  }
  return known > 0 ? sum : undefined;
}

function times(all: Uint8Array, one: number): number {
  let count = 0;
  for (let at = 0; at < all.length; at += 1) if (all[at] === one) count += 1;
  return count;
}
