// The map as a list, for those who do not see it: a part of the nodes at a time, those that are ill first, each with what it is connected with.
import type { Graph } from '../model/graph';
import { healthOf, HEALTHS, type Judgement } from '../model/health';
import { Standings } from '../model/standing';

export interface Row {
  id: string;
  n: number;
  name: string;
  kind: string;
  judgement: Judgement;
  to: string[];
  from: string[];
}

export const PART = 50;
/** By place in `HEALTHS`. */
const RANKS = HEALTHS.map((health) => ({ critical: 0, warning: 1, healthy: 2, unknown: 3 })[health]);

/** The numbers of all nodes, in the order in which they are listed. */
export function listed(graph: Graph, now = Date.now()): number[] {
  const nodes = [...graph.nodes.values()];
  const health = Standings.of(graph).health(
    nodes.map(({ n }) => n),
    now,
  );
  const ranks: number[] = [];
  nodes.forEach(({ n }, at) => (ranks[n] = RANKS[health[at]!]!));
  return nodes
    .sort((a, b) => ranks[a.n]! - ranks[b.n]! || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1))
    .map((node) => node.n);
}

export function rowsOf(graph: Graph, numbers: number[], now = Date.now()): Row[] {
  return numbers.flatMap((n) => {
    const node = graph.nodes.get(n);
    if (!node) return [];
    const to: string[] = [];
    const from: string[] = [];
    for (const e of graph.edgesOf(n)) {
      const edge = graph.edges.get(e);
      if (edge?.from === n) to.push(graph.nodes.get(edge.to)?.name ?? '');
      if (edge?.to === n) from.push(graph.nodes.get(edge.from)?.name ?? '');
    }
    return [{ id: node.id, n, name: node.name, kind: node.kind, judgement: healthOf(graph, n, now), to, from }];
  });
}
