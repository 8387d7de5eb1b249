// Who uses what, from the graphs of views: hosts from one, what runs on them from another, what is in that from more. No sockets.
import type { Graph, GraphNode } from '#lib/model/graph';
import { healthOf } from '#lib/model/health';
import type { Fleet, HostUse, Used } from './tree';

export type Resource = 'cpu_pct' | 'mem_bytes';

const LIMITS: Readonly<Record<Resource, readonly string[]>> = {
  cpu_pct: ['cpu_limit_pct'],
  mem_bytes: ['mem_limit_bytes', 'mem_total_bytes'],
};

/** `inside` are graphs of what is in something, by its id. What is `grouped` belongs to no host alone. */
export function fleetOf(hosts: Graph, parts: Graph, inside: readonly [string, Graph][], metric: Resource, grouped: boolean): Fleet {
  if (grouped) {
    return { hosts: [], on: new Map([['', usedIn(parts, metric, (node) => node.role === 'group')]]), inside: new Map() };
  }
  const found: HostUse[] = [];
  const byAgent = new Map<string, string>();
  for (const used of usedIn(hosts, metric, (node) => node.kind === 'host')) {
    found.push({ ...used, capacity: used.limit });
    for (const agent of hosts.node(used.id)?.facts.agents ?? []) byAgent.set(agent, used.id);
  }
  const on = new Map<string, Used[]>();
  for (const used of usedIn(parts, metric, (node) => node.role === 'member' && node.kind !== 'host')) {
    if (used.value === 0) continue;
    const facts = parts.node(used.id)?.facts;
    const host = facts?.parents?.find((id) => hosts.byId.has(id)) ?? byAgent.get(facts?.agents?.[0] ?? '') ?? '';
    const there = on.get(host);
    if (there) there.push(used);
    else on.set(host, [used]);
  }
  return { hosts: found, on, inside: new Map(inside.map(([id, graph]) => [id, usedIn(graph, metric, (node) => node.role === 'member')])) };
}

function usedIn(graph: Graph, metric: Resource, wanted: (node: GraphNode) => boolean): Used[] {
  const values = graph.column(metric);
  const now = Date.now();
  const found: Used[] = [];
  for (const node of graph.nodes.values()) {
    if (!wanted(node)) continue;
    const cores = node.facts.attrs?.['cores'];
    const limit =
      LIMITS[metric].map((name) => graph.figure(node.n, name)).find((value) => value !== undefined) ??
      (metric === 'cpu_pct' && typeof cores === 'number' ? cores * 100 : undefined);
    found.push({
      id: node.id,
      name: node.name,
      kind: node.kind,
      value: values?.[node.n] || 0,
      limit,
      health: healthOf(graph, node.n, now).health,
    });
  }
  return found;
}
