// The graph of one view as the browser holds it: what a snapshot said and the changes since. Plain data, no drawing, no sockets.
import type { Area, EdgeFacts, FigureColumn, Hidden, NodeFacts, NodeSaid, Rect, SaidColumn, Trouble, ViewMessage } from '../live/messages';
import { ALL, KIND, NAME, PLACE, ROLE, take } from './difference';
import { Trail } from './trail';

export interface GraphNode {
  /** Its number: good until it is gone. */
  readonly n: number;
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  /** `member` of what the view is of, `neighbour`, or `pseudo`: what stands for many that nobody watches. */
  readonly role: string;
  readonly facts: NodeFacts;
  readonly place: Rect | undefined;
}

export interface GraphEdge {
  readonly e: number;
  readonly from: number;
  readonly to: number;
  readonly facts: EdgeFacts;
}

/** What a message changed, by number. After a `reset` all numbers mean something else. */
export interface Applied {
  reset: boolean;
  nodes: number[];
  /** What of each of them is another, as bits. */
  differences: number[];
  nodesGone: number[];
  edges: number[];
  edgesGone: number[];
  /** The figures that moved, as they came. */
  figures: FigureColumn[];
  edgeFigures: FigureColumn[];
  areas: boolean;
}

/** One figure of everything, by number; NaN is unknown. */
class Column {
  values = new Float64Array(64).fill(NaN);

  set(at: number, value: number | null) {
    if (at >= this.values.length) this.reach(Math.max(at + 1, this.values.length * 2));
    this.values[at] = value ?? NaN;
  }

  reach(size: number) {
    if (size <= this.values.length) return;
    const wider = new Float64Array(size).fill(NaN);
    wider.set(this.values);
    this.values = wider;
  }

  forget(at: number) {
    if (at < this.values.length) this.values[at] = NaN;
  }

  get(at: number): number | undefined {
    const value = this.values[at];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }
}

const NONE: Hidden = { nodes: {}, flows: {} };
const NO_EDGES: ReadonlySet<number> = new Set();

export class Graph {
  view = '';
  /** Rises with each message that says more than figures: who keeps what follows from facts compares it. */
  revision = 0;
  at = '';
  nodes = new Map<number, GraphNode>();
  edges = new Map<number, GraphEdge>();
  byId = new Map<string, number>();
  metrics: string[] = [];
  /** Names of figures that nodes have and that were not asked for. */
  otherMetrics: string[] = [];
  edgeMetrics: string[] = [];
  hidden: Hidden = NONE;
  problems: Trouble[] = [];
  areas: Area[] = [];
  // A figure has a name before anything has it: there are gaps.
  #columns: (Column | undefined)[] = [];
  #edgeColumns: (Column | undefined)[] = [];
  #edgesOf = new Map<number, Set<number>>();
  #figureNames: readonly string[] = [];
  /** One more than the largest number that a node has had. */
  #top = 0;
  /** The nodes that came, went or changed, and the figures of nodes that moved, as far as anybody may still ask. */
  readonly #touched = new Trail<number>();
  readonly #moved = new Trail<FigureColumn>();
  /** How many figures `#moved` has at most. */
  #moving = 0;

  apply(message: ViewMessage): Applied {
    const applied: Applied = {
      reset: false,
      nodes: [],
      differences: [],
      nodesGone: [],
      edges: [],
      edgesGone: [],
      figures: [],
      edgeFigures: [],
      areas: false,
    };
    this.at = message.at;
    if (message.type === 'snapshot') {
      this.#clear();
      this.view = message.view;
      this.hidden = NONE;
      this.problems = [];
      this.areas = [];
      applied.reset = true;
    }
    if (message.type !== 'figures') {
      this.revision += 1;
      for (const name of message.metrics ?? []) this.metrics.push(name);
      for (const name of message.edge_metrics ?? []) this.edgeMetrics.push(name);
      this.#removeEdges(message.edges?.gone ?? [], applied);
      this.#removeNodes(message.nodes?.gone ?? [], applied);
      this.#putNodes(message.nodes ?? {}, applied);
      if (message.nodes?.changed) this.#changeNodes(message.nodes.changed, applied);
      this.#putEdges(message.edges ?? {}, applied);
      if (message.hidden) this.hidden = message.hidden;
      if (message.problems) this.problems = message.problems;
      if (message.areas) {
        this.areas = message.areas;
        applied.areas = true;
      }
    }
    for (const name of message.other_metrics ?? []) this.otherMetrics.push(name);
    this.#put(this.#columns, message.figures?.nodes, applied.figures);
    for (const column of applied.figures) this.#move(column);
    this.#put(this.#edgeColumns, message.figures?.edges, applied.edgeFigures);
    return applied;
  }

  /** All figures that nodes have, whether they come or not. The same list until there are more: what is offered to choose from follows it, and columns of tables. */
  get figureNames(): readonly string[] {
    const { metrics, otherMetrics } = this;
    if (this.#figureNames.length !== metrics.length + otherMetrics.length) this.#figureNames = [...metrics, ...otherMetrics];
    return this.#figureNames;
  }

  /** A figure of a node; unknown is `undefined`, which is not 0. */
  figure(n: number, metric: string): number | undefined {
    return this.#columns[this.metrics.indexOf(metric)]?.get(n);
  }

  edgeFigure(e: number, metric: string): number | undefined {
    return this.#edgeColumns[this.edgeMetrics.indexOf(metric)]?.get(e);
  }

  /**
   * All values of a figure by the number of the node, NaN where unknown; `undefined` where no node has it. There is one for each number: reading beyond the end
   * is slow. To be read only, until the next message.
   */
  column(metric: string): Float64Array | undefined {
    const column = this.#columns[this.metrics.indexOf(metric)];
    column?.reach(this.#top);
    return column?.values;
  }

  /** How much has come, gone or changed among nodes so far: where to go on from when it is asked again what did. */
  get touches(): number {
    return this.#touched.end;
  }

  /**
   * The nodes that came, went or changed since there were so many `touches`, some more than once, each followed by the bits of what of it is another;
   * `undefined` where that is too long ago to be known.
   */
  touchedSince(touches: number): readonly number[] | undefined {
    return this.#touched.since(touches);
  }

  /** How often figures of nodes moved so far, as `touches`. */
  get moves(): number {
    return this.#moved.end;
  }

  /** The figures of nodes that moved since there were so many `moves`; `undefined` where that is too long ago to be known. */
  movedSince(moves: number): readonly FigureColumn[] | undefined {
    return this.#moved.since(moves);
  }

  edgeColumn(metric: string): Float64Array | undefined {
    return this.#edgeColumns[this.edgeMetrics.indexOf(metric)]?.values;
  }

  /** The edges that begin or end at a node. */
  edgesOf(n: number): ReadonlySet<number> {
    return this.#edgesOf.get(n) ?? NO_EDGES;
  }

  node(id: string): GraphNode | undefined {
    const n = this.byId.get(id);
    return n === undefined ? undefined : this.nodes.get(n);
  }

  #touchNode(n: number, difference: number) {
    if (n >= this.#top) this.#top = n + 1;
    // Who asks does so each second: older ones need not be known.
    const known = 2 * this.nodes.size + 1000;
    if (this.#touched.length > 2 * known) this.#touched.forget(known & ~1);
    this.#touched.add(n);
    this.#touched.add(difference);
  }

  #move(column: FigureColumn) {
    this.#moving += column[1].length;
    // Looking at everything is less work then.
    if (this.#moving > 2 * this.nodes.size + 1000) {
      this.#moving = 0;
      this.#moved.clear();
    } else this.#moved.add(column);
  }

  #clear() {
    this.#touched.clear();
    this.#moved.clear();
    this.#moving = 0;
    this.nodes.clear();
    this.edges.clear();
    this.byId.clear();
    this.#edgesOf.clear();
    this.metrics = [];
    this.otherMetrics = [];
    this.#figureNames = [];
    this.edgeMetrics = [];
    this.#columns = [];
    this.#edgeColumns = [];
  }

  #removeEdges(gone: number[], applied: Applied) {
    for (const e of gone) {
      const edge = this.edges.get(e);
      if (!edge) continue;
      this.#edgesOf.get(edge.from)?.delete(e);
      this.#edgesOf.get(edge.to)?.delete(e);
      this.edges.delete(e);
      for (const column of this.#edgeColumns) column?.forget(e);
      applied.edgesGone.push(e);
    }
  }

  #removeNodes(gone: number[], applied: Applied) {
    for (const n of gone) {
      const node = this.nodes.get(n);
      if (!node) continue;
      this.nodes.delete(n);
      this.byId.delete(node.id);
      this.#edgesOf.delete(n);
      for (const column of this.#columns) column?.forget(n);
      this.#touchNode(n, ALL);
      applied.nodesGone.push(n);
    }
  }

  #putNodes(columns: NonNullable<Extract<ViewMessage, { type: 'change' }>['nodes']>, applied: Applied) {
    const { n: numbers = [], id = [], kind = [], name = [], role = [], facts = [], place = [] } = columns;
    for (let at = 0; at < numbers.length; at += 1) {
      const n = numbers[at]!;
      const node = {
        n,
        id: id[at] ?? '',
        kind: kind[at] ?? '',
        name: name[at] ?? '',
        role: role[at] ?? 'member',
        facts: facts[at] ?? {},
        place: place[at],
      };
      this.byId.set(node.id, n);
      this.nodes.set(n, node);
      this.#touchNode(n, ALL);
      applied.nodes.push(n);
      applied.differences.push(ALL);
    }
  }

  #changeNodes({ n: numbers, said }: { n: number[]; said: NodeSaid[] }, applied: Applied) {
    for (let at = 0; at < numbers.length; at += 1) {
      const n = numbers[at]!;
      const now = said[at];
      const before = this.nodes.get(n);
      if (!before || !now) continue;
      const { kind = before.kind, name = before.name, role = before.role, place = before.place } = now;
      const [facts, others] = take(before.facts, now);
      let difference = others;
      if (now.kind !== undefined) difference |= KIND;
      if (now.name !== undefined) difference |= NAME;
      if (now.role !== undefined) difference |= ROLE;
      if (now.place) difference |= PLACE;
      this.nodes.set(n, { n, id: before.id, kind, name, role, facts, place });
      this.#touchNode(n, difference);
      applied.nodes.push(n);
      applied.differences.push(difference);
    }
  }

  #putEdges(columns: NonNullable<Extract<ViewMessage, { type: 'change' }>['edges']>, applied: Applied) {
    const { e: numbers = [], from = [], to = [], facts = [] } = columns;
    numbers.forEach((e, at) => {
      const edge = { e, from: from[at] ?? -1, to: to[at] ?? -1, facts: facts[at] ?? {} };
      this.edges.set(e, edge);
      this.#touch(edge.from, e);
      this.#touch(edge.to, e);
      applied.edges.push(e);
    });
  }

  #touch(n: number, e: number) {
    const edges = this.#edgesOf.get(n);
    if (edges) edges.add(e);
    else this.#edgesOf.set(n, new Set([e]));
  }

  #put(columns: (Column | undefined)[], moved: SaidColumn[] | undefined, applied: FigureColumn[]) {
    let these: number[] = [];
    for (const [figure, of, values] of moved ?? []) {
      these = of ?? these;
      const kept = (columns[figure] ??= new Column());
      these.forEach((n, at) => kept.set(n, values[at] ?? null));
      applied.push([figure, these, values]);
    }
  }
}
