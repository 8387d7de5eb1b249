// What the nodes of a view come to together. Only what the view is of counts: a host's figures and those of its containers are not added up.
import type { Graph } from './graph';
import { judge } from './health';

export interface Totals {
  /** Nodes that the view is of; those of groups each count. */
  members: number;
  nodes: number;
  edges: number;
  critical: number;
  warning: number;
  /** Absent where nobody knows. */
  cpuPct?: number;
  memBytes?: number;
  rxBytesPerSec?: number;
  txBytesPerSec?: number;
}

const METRICS = { cpuPct: 'cpu_pct', memBytes: 'mem_bytes', rxBytesPerSec: 'rx_bytes_per_sec', txBytesPerSec: 'tx_bytes_per_sec' } as const;

export function totalsOf(graph: Graph, now: number): Totals {
  const totals: Totals = { members: 0, nodes: graph.nodes.size, edges: graph.edges.size, critical: 0, warning: 0 };
  const columns = Object.entries(METRICS).flatMap(([total, metric]) => {
    const column = graph.column(metric);
    return column ? [[total as keyof typeof METRICS, column] as const] : [];
  });
  const reader = graph.reader();
  for (const node of graph.nodes.values()) {
    if (node.role !== 'member' && node.role !== 'group') continue;
    totals.members += node.facts.members ?? 1;
    for (const [total, column] of columns) {
      const value = column[node.n];
      if (value !== undefined && !Number.isNaN(value)) totals[total] = (totals[total] ?? 0) + value;
    }
    reader.at = node.n;
    const { health } = judge(node, reader.figure, now);
    if (health === 'critical') totals.critical += 1;
    else if (health === 'warning') totals.warning += 1;
  }
  return totals;
}
