// What the nodes of a view have in a field, with counts: for completion and facets. Reads the graph, draws nothing.
import type { Attribute } from '../../live/messages';
import type { Graph, GraphNode } from '../graph';

/** Of more nodes than this a sample is enough to propose values. */
const SAMPLE = 20_000;
const LONGEST = 200;

/** What of the registry is needed here; `FieldInfo` is one. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly hidden: boolean;
}

export type Fields = ReadonlyMap<string, Field>;

/** The fields that a word of the filter language stands for: a name, or an alias of several. */
export function fieldsOf(fields: Fields, word: string): Field[] {
  const name = word.toLowerCase();
  const exact = fields.get(name);
  return exact ? [exact] : [...fields.values()].filter((field) => field.aliases.includes(name));
}

/** How many nodes of the view's kind a node stands for. */
export const weight = (node: GraphNode) => node.facts.members ?? 1;

/** The texts that a node has in a field. A map has `key=value`. */
export function textsOf(node: GraphNode, field: string): string[] {
  if (field === 'name') return [node.name];
  if (field === 'kind') return [node.kind];
  if (field === 'agent') return node.facts.agents ?? [];
  if (field === 'parents') return node.facts.parents ?? [];
  if (field === 'addresses' && node.facts.addresses) return node.facts.addresses;
  const key = /^label:(.*)$/s.exec(field)?.[1];
  if (key !== undefined) {
    const labels = node.facts.attrs?.['labels'];
    const value = labels && typeof labels === 'object' && !Array.isArray(labels) ? labels[key] : undefined;
    return value === undefined || value === null ? [] : [String(value)];
  }
  return flat(node.facts.attrs?.[field]);
}

function flat(value: Attribute | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => (typeof item === 'object' ? named(item) : [String(item)]));
  return typeof value === 'object' ? [] : [String(value)];
}

/** Of a list of maps, what people would ask for: a port, or a name. */
function named(item: Attribute): string[] {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return [];
  return [item['host_port'], item['port'], item['name'], item['source']]
    .filter((one) => typeof one === 'string' || typeof one === 'number')
    .map(String);
}

/** Values with how many nodes have them, the most frequent first, equal ones by name. */
export function countValues(graph: Graph, field: string): [value: string, count: number][] {
  const counts = new Map<string, number>();
  let seen = 0;
  for (const node of graph.nodes.values()) {
    if ((seen += 1) > SAMPLE) break;
    for (const text of new Set(textsOf(node, field))) {
      if (text !== '' && text.length <= LONGEST) counts.set(text, (counts.get(text) ?? 0) + weight(node));
    }
  }
  return [...counts].sort(([a, n], [b, k]) => k - n || (a < b ? -1 : 1));
}

/** The keys of labels, with how many nodes have them. */
export function countLabels(graph: Graph): [key: string, count: number][] {
  const counts = new Map<string, number>();
  let seen = 0;
  for (const node of graph.nodes.values()) {
    if ((seen += 1) > SAMPLE) break;
    const labels = node.facts.attrs?.['labels'];
    if (!labels || typeof labels !== 'object' || Array.isArray(labels)) continue;
    for (const key of Object.keys(labels)) counts.set(key, (counts.get(key) ?? 0) + weight(node));
  }
  return [...counts].sort(([a, n], [b, k]) => k - n || (a < b ? -1 : 1));
}
