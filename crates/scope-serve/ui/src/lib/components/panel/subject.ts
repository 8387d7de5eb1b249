// What a panel is about, wherever it is known from: a node that is subscribed to, or what only the graph of a view has (groups, what stands for the outside).
import type { Attribute, Relative, Trouble } from '#lib/live/messages';
import type { Graph, GraphNode } from '#lib/model/graph';
import type { LiveNode } from '#lib/state/live-node.svelte';
import { peersInGraph, peersOfNode, type Peer } from './peers';
import { shortId } from '../table/rows';

export interface Subject {
  id: string;
  kind: string;
  name: string;
  role: string;
  members: number | undefined;
  agents: readonly string[];
  attrs: Readonly<Record<string, Attribute>>;
  metrics: Readonly<Record<string, number>>;
  parents: readonly Relative[];
  children: readonly Relative[];
  childrenTotal: number;
  peers: Peer[];
  peersTotal: number;
  endpoints: readonly string[];
  addresses: readonly string[];
  problems: readonly Trouble[];
}

/** A relative of which only the id is known. */
const stranger = (graph: Graph, id: string): Relative => {
  const node = graph.node(id);
  return { id, kind: node?.kind ?? id.slice(0, Math.max(0, id.indexOf(':'))), name: node?.name ?? shortId(id) };
};

/** One image may have many names: a container is of the one that it was made with, whichever the image itself is told by. */
const asNamed = (parent: Relative, attrs: Readonly<Record<string, Attribute>> = {}): Relative => {
  const image = parent.kind === 'image' ? attrs['image'] : undefined;
  return typeof image === 'string' && image !== '' && !image.startsWith('sha256:') ? { ...parent, name: image } : parent;
};

export function subjectOfGraph(graph: Graph, node: GraphNode): Subject {
  const metrics: Record<string, number> = {};
  for (const metric of graph.metrics) {
    const value = graph.figure(node.n, metric);
    if (value !== undefined) metrics[metric] = value;
  }
  const peers = peersInGraph(graph, node.id);
  return {
    id: node.id,
    kind: node.kind,
    name: node.name,
    role: node.role,
    members: node.facts.members,
    agents: node.facts.agents ?? [],
    attrs: node.facts.attrs ?? {},
    metrics,
    parents: (node.facts.parents ?? []).map((id) => asNamed(stranger(graph, id), node.facts.attrs)),
    children: [],
    childrenTotal: 0,
    peers,
    peersTotal: peers.length,
    endpoints: [],
    addresses: node.facts.addresses ?? [],
    problems: [],
  };
}

export function subjectOfNode(live: LiveNode, graph: Graph): Subject | undefined {
  const full = live.full;
  const node = full?.node;
  if (!node) return undefined;
  const drawn = graph.node(node.id);
  const peers = peersOfNode(full, live.connections, live.connectionMetrics, graph);
  return {
    id: node.id,
    kind: node.kind,
    name: node.name,
    role: drawn?.role ?? 'member',
    members: undefined,
    agents: node.agents ?? [],
    attrs: node.attrs ?? {},
    metrics: live.metrics,
    parents: (full.parents ?? []).map((parent) => asNamed(parent, node.attrs)),
    children: full.children ?? [],
    childrenTotal: full.children_total ?? 0,
    peers,
    // Several that are told as one are one.
    peersTotal: (full.connections_total ?? 0) - (full.connections?.length ?? 0) + peers.length,
    endpoints: node.endpoints ?? [],
    addresses: drawn?.facts.addresses ?? [],
    problems: live.problems,
  };
}
