// Facets: values to choose from beside a view, with how many nodes have them. From the graph alone; choosing composes the filter.
import { AGENTS, bitsOf, KIND, MEMBERS, ROLE } from '../difference';
import type { Graph, GraphNode } from '../graph';
import { Roll } from '../roll';
import { Tally, type Counted } from './tally';
import { Thresholds, type Threshold } from './thresholds';
import { readerOf, readLabels, weight } from './values';

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

const bitsOfFacet = (of: string) => (of === 'kind' ? KIND : of === 'agent' ? AGENTS : bitsOf(of));
const LABELLED = bitsOf('labels');
const RESTARTED = bitsOf('restart_count');
/** What of nodes is counted. */
const COUNTED = FACETS.reduce((bits, { of }) => bits | bitsOfFacet(of), MEMBERS | ROLE | LABELLED | RESTARTED);

/** More labels than these are found by writing. */
const LABELS = 12;
const VALUES = 500;

/** Whether labels say something is looked at for so many of the most frequent. */
const LOOKED_AT = 36;

const hasRestarted = ({ facts }: GraphNode) => {
  const restarts = facts.attrs?.['restart_count'];
  return typeof restarts === 'number' && restarts > 0;
};

/** How many it stands for in comparisons: what stands beside those that the view is of has figures of its own, and nobody who compares means it. */
const compared = (node: GraphNode) => (node.role === 'member' || node.role === 'group' ? weight(node) : 0);

/** The facets of one graph. Counting follows what changes: of ten thousand nodes few do. */
export class Facets {
  #roll = new Roll(COUNTED);
  #tallies = FACETS.map(({ field, of }) => ({ field, bits: bitsOfFacet(of), tally: new Tally(readerOf(of), VALUES) }));
  #keys = new Tally(readLabels, LOOKED_AT);
  #labels = new Map<string, Tally>();
  #facets: readonly TalliedFacet[] = [];
  #labelFacets: readonly TalliedFacet[] = [];
  readonly #thresholds: Thresholds;

  constructor(readonly graph: Graph) {
    this.#thresholds = new Thresholds(graph);
  }

  /** Looks at what changed since the last time. */
  count() {
    const labels = [this.#keys, ...this.#labels.values()];
    this.#roll.call(this.graph, (left, came, difference) => {
      // How many it stands for is counted with everything.
      const weighs = (difference & (MEMBERS | ROLE)) !== 0;
      for (const { bits, tally } of this.#tallies) if (weighs || difference & bits) tally.tell(left, came);
      if (weighs || difference & LABELLED) for (const tally of labels) tally.tell(left, came);
      if (weighs && came) this.#thresholds.weigh(came.n, compared(came));
      else if (weighs && left) this.#thresholds.weigh(left.n, 0);
      // By a bit of each: of what left it need not be read, which may not have been looked at for long.
      if (came && (weighs || difference & RESTARTED)) this.#thresholds.restarted(came.n, hasRestarted(came));
    });
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

  thresholds(): Threshold[] {
    return this.#thresholds.counts();
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
