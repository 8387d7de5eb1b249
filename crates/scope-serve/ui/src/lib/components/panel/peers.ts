// The connections of a node as a panel lists them, from a subscription of the node or, for what only a view has (groups), from the view's graph.
import type { EdgeFacts, FullNode, NodeConnection, Relative } from '#lib/live/messages';
import type { Graph } from '#lib/model/graph';

export interface Peer {
  direction: 'in' | 'out';
  id: string;
  kind: string;
  name: string;
  /** The processes that talk, where it is known what they are in: that is the peer then. */
  processes: readonly Relative[];
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

type Figures = Omit<Peer, 'direction' | 'id' | 'kind' | 'name' | 'processes' | 'port' | 'facts'>;

export function figuresBy(value: (metric: string) => number | undefined): Figures {
  return Object.fromEntries(Object.entries(FIGURES).map(([name, metric]) => [name, value(metric)]));
}

/** What talks to a node, one for each port: a process stands within its container, for its own name alone says little. */
export function peersOfNode(
  full: FullNode,
  rows: readonly (readonly (number | null)[])[],
  metrics: readonly string[],
  graph: Graph,
): Peer[] {
  const peers = new Map<string, Peer>();
  for (const [at, connection] of (full.connections ?? []).entries()) {
    const { direction, port, facts = {} } = connection;
    const who = whoOf(connection, graph);
    const figures = figuresBy((metric) => rows[at]?.[metrics.indexOf(metric)] ?? undefined);
    const processes = connection.within ? [connection.peer] : [];
    const key = `${direction} ${port} ${who.id}`;
    const known = peers.get(key);
    peers.set(
      key,
      known
        ? { ...known, ...together(known, figures), processes: [...known.processes, ...processes] }
        : { direction, ...who, processes, port, facts, ...figures },
    );
  }
  return [...peers.values()];
}

/** Processes outside of containers are one thing on the map, with this name. */
function whoOf({ peer, within }: NodeConnection, graph: Graph): Relative {
  if (within?.kind !== 'host') return within ?? peer;
  const drawn = graph.node(`uncontained:${within.id.slice('host:'.length)}`);
  return { id: drawn?.id ?? within.id, kind: 'uncontained', name: drawn?.name ?? `${within.name} (uncontained)` };
}

/** Figures of two as those of one: the slower of two round trips, and the sum of all else. */
function together(a: Figures, b: Figures): Figures {
  return Object.fromEntries(
    (Object.keys(FIGURES) as (keyof Figures)[]).map((name) => {
      const both = [a[name], b[name]].filter((value) => value !== undefined);
      return [name, both.length ? (name === 'rtt' ? Math.max(...both) : both.reduce((sum, value) => sum + value)) : undefined];
    }),
  );
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
      processes: [],
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
