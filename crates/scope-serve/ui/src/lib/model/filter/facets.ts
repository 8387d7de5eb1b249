// Facets: values to choose from beside a view, with how many nodes have them. From the graph alone; choosing composes the filter.
import type { Graph } from '../graph';
import { Roll } from '../roll';
import { Tally, type Counted } from './tally';
import { readerOf, readLabels, sameFacts, sameLabels, weight, type Reader } from './values';

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

/** The attributes that facets are of, and what else is counted. */
const ATTRIBUTES: readonly string[] = [...FACETS.map(({ of }) => of).filter((of) => of !== 'kind' && of !== 'agent'), 'restart_count'];

/** More labels than these are found by writing. */
const LABELS = 12;
const VALUES = 500;

/** Whether labels say something is looked at for so many of the most frequent. */
const LOOKED_AT = 36;

const RESTARTED: Reader = ({ facts }) => {
  const restarts = facts.attrs?.['restart_count'];
  return typeof restarts === 'number' && restarts > 0 ? 'restarted' : '';
};

/** The facets of one graph. Counting follows what changes: of ten thousand nodes few do. */
export class Facets {
  #roll = new Roll();
  #tallies = FACETS.map(({ field, of }): Counting => ({ field, tally: new Tally(readerOf(of), VALUES) }));
  #keys = new Tally(readLabels, LOOKED_AT);
  #labels = new Map<string, Tally>();
  #restarted = new Tally(RESTARTED, 1);
  #facets: readonly TalliedFacet[] = [];
  #labelFacets: readonly TalliedFacet[] = [];
  #numbers = new Uint32Array();
  #weights = new Float64Array();

  constructor(readonly graph: Graph) {}

  /** Looks at what changed since the last time. */
  count() {
    const facts = [...this.#tallies.map(({ tally }) => tally), this.#restarted];
    const labels = [this.#keys, ...this.#labels.values()];
    const { nodes } = this.graph;
    let weighs = true;
    this.#roll.call(this.graph, (left, came) => {
      const changed = left !== undefined && came !== undefined && weight(left) === weight(came);
      if (!changed || !sameFacts(left, came, ATTRIBUTES)) for (const tally of facts) tally.tell(left, came);
      if (!changed || !sameLabels(left, came)) for (const tally of labels) tally.tell(left, came);
      weighs &&= changed;
    });
    if (weighs) return;
    this.#numbers = new Uint32Array(nodes.size);
    this.#weights = new Float64Array(nodes.size);
    let at = 0;
    for (const node of nodes.values()) {
      this.#numbers[at] = node.n;
      this.#weights[at] = weight(node);
      at += 1;
    }
  }

  /** The same list until it is another, as those of labels are. */
  facets(): readonly Facet[] {
    return (this.#facets = kept(this.#facets, this.#tallies));
  }

  /** Labels that say something: those that not every node has for itself. */
  labels(): readonly Facet[] {
    const said: Counting[] = [];
    const looked = new Map<string, Tally>();
    for (const [key, count] of this.#keys.first()) {
      if (said.length === LABELS) break;
      const tally = this.#labels.get(key) ?? this.#tallyOf(`label:${key}`);
      looked.set(key, tally);
      if (tally.size < count || count === 1) said.push({ field: `label:${key}`, tally });
    }
    this.#labels = looked;
    return (this.#labelFacets = kept(this.#labelFacets, said));
  }

  /** Figures move all the time and are counted anew. */
  thresholds(): Threshold[] {
    const [numbers, weights] = [this.#numbers, this.#weights];
    const found = THRESHOLDS.flatMap((one) => {
      const column = this.graph.column(one.metric);
      if (!column) return [];
      const { over } = one;
      let count = 0;
      for (let at = 0; at < numbers.length; at += 1) if (column[numbers[at]!]! > over) count += weights[at]!;
      return [{ ...one, count }];
    });
    const restarted = this.#restarted.first()[0]?.[1];
    return restarted ? [...found, { term: 'restarts > 0', metric: 'restart_count', over: 0, count: restarted }] : found;
  }

  /** Of a label that was not looked at before. */
  #tallyOf(field: string): Tally {
    const tally = new Tally(readerOf(field), VALUES);
    for (const node of this.graph.nodes.values()) tally.tell(undefined, node);
    return tally;
  }
}

/** What is counted for a facet. */
interface Counting {
  field: string;
  tally: Tally;
}

interface TalliedFacet extends Facet {
  readonly of: readonly Counted[];
}

/** The facets of what was counted: those of last time, and the very list, where nothing is different. */
function kept(before: readonly TalliedFacet[], countings: readonly Counting[]): readonly TalliedFacet[] {
  const now = countings
    .map(({ field, tally }): TalliedFacet => {
      const of = tally.first();
      const old = before.find((one) => one.field === field);
      return old?.of === of ? old : { field, of, values: of.map(([value, count]) => ({ value, count })) };
    })
    .filter((facet) => facet.values.length > 0);
  return now.length === before.length && now.every((facet, at) => facet === before[at]) ? before : now;
}

/** What was seen before and is not on the page now stays to be chosen. A facet that is as it was is the same object. */
export function remembered(before: readonly Facet[], now: readonly Facet[]): Facet[] {
  const facets = now.map((facet) => {
    const old = before.find((one) => one.field === facet.field);
    if (!old) return facet;
    const known = new Set(facet.values.map((one) => one.value));
    const lost = old.values.filter((one) => !known.has(one.value)).map(({ value }) => ({ value }));
    const values = [...facet.values, ...lost].slice(0, VALUES);
    return same(old.values, values) ? old : { field: facet.field, values };
  });
  const fields = new Set(now.map((facet) => facet.field));
  const gone = before
    .filter((facet) => !fields.has(facet.field))
    .map((facet) => ({ field: facet.field, values: facet.values.map(({ value }) => ({ value })) }));
  return [...facets, ...gone];
}

const same = (a: readonly FacetValue[], b: readonly FacetValue[]) =>
  a.length === b.length && a.every(({ value, count }, at) => value === b[at]?.value && count === b[at]?.count);

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
