// The connections of a node as a panel lists them, from a subscription of the node or, for what only a view has (groups), from the view's graph.
import type { EdgeFacts, FullNode } from '#lib/live/messages';
import type { Graph } from '#lib/model/graph';

export interface Peer {
  direction: 'in' | 'out';
  id: string;
  kind: string;
  name: string;
  port: string;
  facts: EdgeFacts;
  open?: number | undefined;
  opened?: number | undefined;
  failed?: number | undefined;
  /** From the client to the server, and back. */
  sent?: number | undefined;
  received?: number | undefined;
  retransmits?: number | undefined;
  rtt?: number | undefined;
}

const FIGURES = {
  open: 'open',
  opened: 'opened_total',
  failed: 'failed_total',
  sent: 'tx_bytes_total',
  received: 'rx_bytes_total',
  retransmits: 'retrans_total',
  rtt: 'rtt_us',
} as const;

type Figures = Omit<Peer, 'direction' | 'id' | 'kind' | 'name' | 'port' | 'facts'>;

export function figuresBy(value: (metric: string) => number | undefined): Figures {
  return Object.fromEntries(Object.entries(FIGURES).map(([name, metric]) => [name, value(metric)]));
}

export function peersOfNode(full: FullNode, rows: readonly (readonly (number | null)[])[], metrics: readonly string[]): Peer[] {
  return (full.connections ?? []).map((connection, at) => ({
    direction: connection.direction,
    ...connection.peer,
    port: connection.port,
    facts: connection.facts ?? {},
    ...figuresBy((metric) => rows[at]?.[metrics.indexOf(metric)] ?? undefined),
  }));
}

export function peersInGraph(graph: Graph, id: string): Peer[] {
  const node = graph.node(id);
  if (!node) return [];
  const peers: Peer[] = [];
  for (const e of graph.edgesOf(node.n)) {
    const edge = graph.edges.get(e);
    const direction = edge?.from === node.n ? 'out' : 'in';
    const other = edge && graph.nodes.get(direction === 'out' ? edge.to : edge.from);
    if (!edge || !other) continue;
    peers.push({
      direction,
      id: other.id,
      kind: other.kind,
      name: other.name,
      port: (edge.facts.ports ?? []).join(' '),
      facts: edge.facts,
      ...figuresBy((metric) => graph.edgeFigure(e, metric)),
    });
  }
  return peers;
}

/** Those that fail first, then those with most going on; equal ones stay where they are, so that lists do not shuffle. */
export function ordered(peers: readonly Peer[]): Peer[] {
  return [...peers].sort(
    (a, b) =>
      Number((b.failed ?? 0) > 0) - Number((a.failed ?? 0) > 0) ||
      a.name.localeCompare(b.name) ||
      a.port.localeCompare(b.port) ||
      (a.id < b.id ? -1 : 1),
  );
}
