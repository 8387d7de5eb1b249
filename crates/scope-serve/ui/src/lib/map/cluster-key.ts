// What a node is put together with on the map: its host, project, namespace, or what a label says. Reads facts; draws nothing.
import { AGENTS, bitsOf, KIND, NAME, PARENTS, ROLE } from '../model/difference';
import type { GraphNode } from '../model/graph';

export interface Cluster {
  key: string;
  title: string;
}

/** `by` is `host`, `container` (of processes), an attribute, or `label:KEY`. Nothing where the node has none of it. */
export function clusterOf(node: GraphNode, by: string): Cluster | undefined {
  if (node.role === 'pseudo') return undefined;
  if (by === 'container') return containerOf(node);
  const text = by === 'host' ? hostOf(node) : by.startsWith('label:') ? labelOf(node, by.slice(6)) : node.facts.attrs?.[by];
  if (text === undefined || text === null || text === '' || typeof text === 'object') return undefined;
  return { key: String(text), title: String(text) };
}

/** The bits of what of a node that depends on. */
export function clusterBits(by: string): number {
  if (by === '') return 0;
  if (by === 'container') return ROLE | KIND | NAME | PARENTS | AGENTS;
  return ROLE | (by === 'host' ? PARENTS | AGENTS : bitsOf(by.startsWith('label:') ? 'labels' : by));
}

export function hostOf(node: GraphNode): string | undefined {
  const parent = node.facts.parents?.find((id) => id.startsWith('host:'));
  return parent ? parent.slice('host:'.length) : node.facts.agents?.[0];
}

/** Two of one name are two. What of a container no process of its own is known for stands with its processes; what is in none is together, host by host. */
function containerOf(node: GraphNode): Cluster | undefined {
  const { id, kind, name, facts } = node;
  if (kind === 'container') return { key: id, title: name };
  const key = facts.parents?.find((id) => id.startsWith('container:'));
  if (key !== undefined) return { key, title: facts.within ?? key.slice('container:'.length, 'container:'.length + 12) };
  const host = kind === 'host' ? name : hostOf(node);
  return host === undefined ? undefined : { key: `host:${host}`, title: host };
}

function labelOf(node: GraphNode, key: string) {
  const labels = node.facts.attrs?.['labels'];
  return typeof labels === 'object' && labels !== null && !Array.isArray(labels) ? labels[key] : undefined;
}

/** The labels that make sense to cluster by: on many nodes, with few values. The most common first. */
export function labelChoices(nodes: Iterable<GraphNode>, most = 12): string[] {
  const seen = new Map<string, { count: number; values: Set<string> }>();
  let total = 0;
  for (const node of nodes) {
    if (node.role === 'pseudo') continue;
    if (++total > 2000) break;
    const labels = node.facts.attrs?.['labels'];
    if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) continue;
    for (const [key, value] of Object.entries(labels)) {
      const entry = seen.get(key) ?? { count: 0, values: new Set<string>() };
      entry.count += 1;
      if (entry.values.size < 200) entry.values.add(String(value));
      seen.set(key, entry);
    }
  }
  return [...seen]
    .filter(([, { count, values }]) => count >= total * 0.1 && values.size > 1 && values.size <= Math.max(8, count / 2))
    .sort((a, b) => b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([key]) => key);
}
