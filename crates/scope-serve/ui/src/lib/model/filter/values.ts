// What the nodes of a view have in a field, with counts: for completion and facets. Reads the graph, draws nothing.
import type { Attribute } from '../../live/messages';
import type { Graph, GraphNode } from '../graph';

/** Of more nodes than this a sample is enough to propose values. */
const SAMPLE = 20_000;
/** Nobody chooses among longer ones. */
export const LONGEST = 200;

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

type Texts = string | readonly string[];
export type Reader = (node: GraphNode) => Texts;
const NONE: readonly string[] = [];

/** Reads the texts that nodes have in a field. A map has `key=value`. Worked out once for a field: thousands of nodes are read by it. */
export function readerOf(field: string): Reader {
  switch (field) {
    case 'name':
      return (node) => node.name;
    case 'kind':
      return (node) => node.kind;
    case 'agent':
      return (node) => node.facts.agents ?? NONE;
    case 'parents':
      return (node) => node.facts.parents ?? NONE;
  }
  if (field.startsWith('label:')) {
    const key = field.slice('label:'.length);
    return (node) => {
      const value = labelsOf(node)?.[key];
      return value === undefined || value === null ? NONE : String(value);
    };
  }
  if (field === 'addresses') return (node) => node.facts.addresses ?? flat(node.facts.attrs?.[field]);
  return (node) => flat(node.facts.attrs?.[field]);
}

/** The keys of a node's labels. */
export const readLabels: Reader = (node) => {
  const labels = labelsOf(node);
  return labels ? Object.keys(labels) : NONE;
};

function labelsOf(node: GraphNode): Readonly<Record<string, Attribute>> | undefined {
  const labels = node.facts.attrs?.['labels'];
  return labels && typeof labels === 'object' && !Array.isArray(labels) ? labels : undefined;
}

function flat(value: Attribute | undefined): Texts {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return NONE;
  if (Array.isArray(value)) return value.flatMap((item) => (typeof item === 'object' ? named(item) : [String(item)]));
  return typeof value === 'object' ? NONE : String(value);
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
  const read = readerOf(field);
  const counts = new Map<string, number>();
  const add = (text: string, node: GraphNode) => {
    if (text !== '' && text.length <= LONGEST) counts.set(text, (counts.get(text) ?? 0) + weight(node));
  };
  let seen = 0;
  for (const node of graph.nodes.values()) {
    if ((seen += 1) > SAMPLE) break;
    const texts = read(node);
    if (typeof texts === 'string') add(texts, node);
    else for (const text of texts.length > 1 ? new Set(texts) : texts) add(text, node);
  }
  return sorted(counts);
}

/** The keys of labels, with how many nodes have them. */
export function countLabels(graph: Graph): [key: string, count: number][] {
  const counts = new Map<string, number>();
  let seen = 0;
  for (const node of graph.nodes.values()) {
    if ((seen += 1) > SAMPLE) break;
    for (const key in labelsOf(node)) counts.set(key, (counts.get(key) ?? 0) + weight(node));
  }
  return sorted(counts);
}

const sorted = (counts: Map<string, number>) => [...counts].sort(([a, n], [b, k]) => k - n || (a < b ? -1 : 1));
