// Facets: values to choose from beside a view, with how many nodes have them. From the graph alone; choosing composes the filter.
import type { Graph } from '../graph';
import { countLabels, countValues, weight } from './values';

export interface Facet {
  /** The field in the filter language: `host`, `label:KEY`. */
  field: string;
  values: FacetValue[];
}

export interface FacetValue {
  value: string;
  /** Absent where the filter leaves none of it on the page, and nobody knows how many there are. */
  count?: number;
}

/** Attribute or fact, and how the filter language says it shortest. */
export const FACETS = [
  { field: 'kind', of: 'kind' },
  { field: 'host', of: 'agent' },
  { field: 'project', of: 'compose_project' },
  { field: 'namespace', of: 'namespace' },
  { field: 'state', of: 'state' },
  { field: 'health', of: 'health' },
] as const;

/** More labels than these are found by writing. */
const LABELS = 12;
const VALUES = 500;

export function facetsOf(graph: Graph): Facet[] {
  return FACETS.map(({ field, of }) => ({ field, values: counted(countValues(graph, of)) })).filter((facet) => facet.values.length > 0);
}

/** Labels that say something: those that not every node has for itself. */
export function labelFacetsOf(graph: Graph): Facet[] {
  const facets: Facet[] = [];
  for (const [key, count] of countLabels(graph)) {
    if (facets.length === LABELS) break;
    const values = countValues(graph, `label:${key}`);
    if (values.length < count || count === 1) facets.push({ field: `label:${key}`, values: counted(values) });
  }
  return facets;
}

const counted = (values: [string, number][]): FacetValue[] => values.slice(0, VALUES).map(([value, count]) => ({ value, count }));

/** What was seen before and is not on the page now stays to be chosen. */
export function remembered(before: readonly Facet[], now: readonly Facet[]): Facet[] {
  const facets = now.map((facet) => {
    const old = before.find((one) => one.field === facet.field);
    const known = new Set(facet.values.map((one) => one.value));
    const lost = (old?.values ?? []).filter((one) => !known.has(one.value)).map(({ value }) => ({ value }));
    return { field: facet.field, values: [...facet.values, ...lost].slice(0, VALUES) };
  });
  const fields = new Set(now.map((facet) => facet.field));
  const gone = before
    .filter((facet) => !fields.has(facet.field))
    .map((facet) => ({ field: facet.field, values: facet.values.map(({ value }) => ({ value })) }));
  return [...facets, ...gone];
}

/** A comparison worth a click, with how many nodes it takes. */
export interface Threshold {
  term: string;
  metric: string;
  over: number;
  count: number;
}

const THRESHOLDS: readonly Omit<Threshold, 'count'>[] = [
  { term: 'cpu > 50', metric: 'cpu_pct', over: 50 },
  { term: 'cpu > 100', metric: 'cpu_pct', over: 100 },
  { term: 'mem > 512MiB', metric: 'mem_bytes', over: 512 * 2 ** 20 },
  { term: 'mem > 1GiB', metric: 'mem_bytes', over: 2 ** 30 },
  { term: 'mem_pct > 80', metric: 'mem_pct', over: 80 },
  { term: 'rx > 1MiB/s', metric: 'rx_bytes_per_sec', over: 2 ** 20 },
  { term: 'tx > 1MiB/s', metric: 'tx_bytes_per_sec', over: 2 ** 20 },
  { term: 'throttled > 10', metric: 'cpu_throttled_pct', over: 10 },
];

export function thresholdsOf(graph: Graph): Threshold[] {
  const found = THRESHOLDS.flatMap((one) => {
    const column = graph.column(one.metric);
    if (!column) return [];
    let count = 0;
    for (const node of graph.nodes.values()) if ((column[node.n] ?? NaN) > one.over) count += weight(node);
    return [{ ...one, count }];
  });
  let restarted = 0;
  for (const node of graph.nodes.values()) {
    const restarts = node.facts.attrs?.['restart_count'];
    if (typeof restarts === 'number' && restarts > 0) restarted += weight(node);
  }
  return restarted ? [...found, { term: 'restarts > 0', metric: 'restart_count', over: 0, count: restarted }] : found;
}
