// What a map's settings offer: ways of clustering, figures to pin, hubs to fold. Read from the graph as it is; no state.
import { m } from '#lib/paraglide/messages';
import type { Graph, GraphNode } from '../model/graph';
import { visible } from '../model/visible';
import { catalogue } from '../state/catalogue.svelte';
import { clusterOf, labelChoices } from './cluster-key';
import { CONNECTIONS, NETWORK } from './encode';

export interface Choice {
  value: string;
  label: string;
  group?: string;
}

const ATTRIBUTES = ['host', 'container', 'compose_project', 'namespace', 'image'];
/** Those that are no attributes. */
const OWN: Readonly<Record<string, () => string>> = { host: m.map_cluster_host, container: m.map_cluster_container };
const FIGURES = ['cpu_pct', 'mem_bytes'];
/** So many edges make a node a hub, and so large a share of all. */
const HUB_EDGES = 12;
const HUB_SHARE = 0.04;

/** `chosen` is offered even where no node has it any more. */
export function clusterChoices(graph: Graph, chosen: string): Choice[] {
  const some = [...graph.nodes.values()].filter((node) => node.role !== 'pseudo').slice(0, 2000);
  const choices: Choice[] = [{ value: '', label: m.map_cluster_own() }];
  for (const by of ATTRIBUTES) {
    // A container by itself is no cluster.
    const divides = (node: GraphNode) => (by === 'container' ? node.facts.within !== undefined : clusterOf(node, by) !== undefined);
    if (by !== chosen && !some.some(divides)) continue;
    choices.push({ value: by, label: OWN[by]?.() ?? catalogue.fields.get(by)?.label ?? by });
  }
  const labels = labelChoices(some);
  if (chosen.startsWith('label:') && !labels.includes(chosen.slice(6))) labels.push(chosen.slice(6));
  for (const key of labels) choices.push({ value: `label:${key}`, label: visible(key), group: m.map_cluster_labels() });
  if (chosen && !choices.some((choice) => choice.value === chosen)) choices.push({ value: chosen, label: visible(chosen) });
  return choices;
}

export function figureChoices(graph: Graph, chosen: string): Choice[] {
  const label = (name: string) => catalogue.fields.get(name)?.label ?? visible(name);
  const choices = FIGURES.map((name): Choice => ({ value: name, label: label(name) }));
  choices.push({ value: NETWORK, label: m.map_network() }, { value: CONNECTIONS, label: m.map_connections() });
  const known = new Set(choices.map((choice) => choice.value));
  const others = graph.figureNames.filter((name) => !known.has(name) && !name.endsWith('_total') && !name.includes('limit'));
  choices.push(...others.map((name): Choice => ({ value: name, label: label(name) })));
  if (!choices.some((choice) => choice.value === chosen)) choices.push({ value: chosen, label: label(chosen) });
  // The same word twice says what is meant by its name.
  const times = new Map<string, number>();
  for (const choice of choices) times.set(choice.label, (times.get(choice.label) ?? 0) + 1);
  return choices.map((choice) =>
    times.get(choice.label)! > 1 && !known.has(choice.value) ? { ...choice, label: `${choice.label} (${choice.value})` } : choice,
  );
}

/** The nodes that so much is connected with that their edges hide the rest, the largest first. */
export function hubs(graph: Graph, most = 8): { id: string; name: string; edges: number }[] {
  const least = Math.max(HUB_EDGES, graph.edges.size * HUB_SHARE);
  const found: { id: string; name: string; edges: number }[] = [];
  for (const [n, node] of graph.nodes) {
    const edges = graph.edgesOf(n).size;
    if (edges >= least) found.push({ id: node.id, name: node.name, edges });
  }
  return found.sort((a, b) => b.edges - a.edges).slice(0, most);
}
