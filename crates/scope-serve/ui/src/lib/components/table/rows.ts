// What stands in the rows of a table: values of nodes or of connections by column, raw. How they look and in what order they stand is said elsewhere.
import type { Attribute } from '#lib/live/messages';
import type { Graph, GraphNode } from '#lib/model/graph';
import { healthOf, HEALTHS } from '#lib/model/health';
import { Standings } from '#lib/model/standing';
import type { Place } from '#lib/model/place';

export type Chosen = Pick<Place, 'onlyProblems' | 'hide' | 'focus'>;

/** What a row stands for. It keeps its place when that is gone, until rows may move: `name` is what it was called. */
export interface Row {
  readonly n: number;
  /** What a panel is opened by. */
  readonly id: string;
  readonly name: string;
}

export interface Rows {
  /** The numbers of all rows, in no order. */
  all(): number[];
  /** Absent where there is no such thing (any more). */
  row(n: number): Row | undefined;
  name(n: number): string;
  value(n: number, key: string): Attribute | undefined;
  /** Reads what `value` says of many. */
  reader(key: string): (n: number) => Attribute | undefined;
  /** All values of a figure by number, where it is one. */
  figures(key: string): Float64Array | undefined;
}

/** From far to near; what is not in it is furthest. */
const NEAREST = ['host', 'pod', 'container'];

const WARNING = HEALTHS.indexOf('warning');
const CRITICAL = HEALTHS.indexOf('critical');

/** What comes from the graph itself. */
const OWN = new Set(['name', 'kind', 'id', 'members', 'parents', 'agents', 'condition', 'connections']);

export const edgeId = (from: string, to: string) => `edge:${from}>${to}`;

export class NodeRows implements Rows {
  constructor(
    readonly graph: Graph,
    readonly chosen: Chosen,
    /** Also what the view is not of: who its nodes are connected with. */
    readonly neighbours: boolean,
    /** The name of what the view does not have, where somebody knows it. */
    readonly called: (id: string) => string | undefined = () => undefined,
  ) {}

  all(): number[] {
    const { graph, chosen } = this;
    const hidden = new Set(chosen.hide);
    const near = chosen.focus ? around(graph, chosen.focus) : undefined;
    const rows: number[] = [];
    for (const node of graph.nodes.values()) {
      if (!this.neighbours && (node.role === 'pseudo' || node.role === 'stand_in' || node.role === 'uncontained')) continue;
      if (hidden.has(node.id) || (near && !near.has(node.n))) continue;
      rows.push(node.n);
    }
    if (!chosen.onlyProblems) return rows;
    const health = Standings.of(graph).health(rows, Date.now());
    return rows.filter((_, at) => health[at] === WARNING || health[at] === CRITICAL);
  }

  row(n: number): Row | undefined {
    return this.graph.nodes.get(n);
  }

  name(n: number) {
    return this.graph.nodes.get(n)?.name ?? '';
  }

  figures(key: string) {
    return this.graph.column(key);
  }

  value(n: number, key: string): Attribute | undefined {
    const node = this.graph.nodes.get(n);
    if (!node) return undefined;
    switch (key) {
      case 'name':
        return node.name;
      case 'kind':
        return node.kind;
      case 'id':
        return node.id;
      case 'members':
        return node.facts.members;
      case 'parents':
        return this.#belongs(node);
      case 'agents':
        return node.facts.agents ?? [];
      case 'condition':
        return HEALTHS.indexOf(healthOf(this.graph, n).health);
      case 'connections':
        return this.#connections(n);
      default:
        return this.graph.figure(n, key) ?? node.facts.attrs?.[key];
    }
  }

  reader(key: string) {
    const { nodes } = this.graph;
    // A fact, and no figure of anybody, needs no second look.
    if (OWN.has(key) || this.graph.column(key)) return (n: number) => this.value(n, key);
    return (n: number) => nodes.get(n)?.facts.attrs?.[key];
  }

  /** What runs it, or where it runs: the nearest. An image is what it is made of, and has a column of its own. */
  #belongs(node: GraphNode): string[] {
    const parents = node.facts.parents ?? [];
    const kind = (id: string) => NEAREST.indexOf(id.slice(0, id.indexOf(':')));
    const [nearest] = parents.filter((id) => !id.startsWith('image:')).sort((a, b) => kind(b) - kind(a));
    if (nearest === undefined) return [];
    const within = nearest.startsWith('container:') ? node.facts.within : undefined;
    return [within ?? this.graph.node(nearest)?.name ?? this.called(nearest) ?? shortId(nearest)];
  }

  #connections(n: number): number | undefined {
    const open = this.graph.edgeColumn('open');
    let sum = 0;
    for (const e of this.graph.edgesOf(n)) sum += open?.[e] || 0;
    return sum;
  }
}

/** Thousands are made at once, and few are looked at: its id is put together when it is asked for. */
class EdgeRow implements Row {
  constructor(
    readonly n: number,
    readonly from: GraphNode | undefined,
    readonly to: GraphNode | undefined,
  ) {}

  get id() {
    return edgeId(this.from?.id ?? '', this.to?.id ?? '');
  }

  get name() {
    return this.from?.name ?? '';
  }
}

export class EdgeRows implements Rows {
  constructor(
    readonly graph: Graph,
    readonly chosen: Chosen,
  ) {}

  all(): number[] {
    const { graph, chosen } = this;
    const hidden = new Set(chosen.hide);
    const focus = chosen.focus ? graph.node(chosen.focus)?.n : undefined;
    const isHidden = (n: number) => hidden.has(graph.nodes.get(n)?.id ?? '');
    const rows: number[] = [];
    for (const edge of graph.edges.values()) {
      if (chosen.focus && edge.from !== focus && edge.to !== focus) continue;
      if (hidden.size && (isHidden(edge.from) || isHidden(edge.to))) continue;
      if (chosen.onlyProblems && !graph.edgeFigure(edge.e, 'failed_total')) continue;
      rows.push(edge.e);
    }
    return rows;
  }

  row(e: number): Row | undefined {
    const edge = this.graph.edges.get(e);
    return edge && new EdgeRow(e, this.graph.nodes.get(edge.from), this.graph.nodes.get(edge.to));
  }

  name(e: number) {
    const edge = this.graph.edges.get(e);
    return edge ? (this.graph.nodes.get(edge.from)?.name ?? '') : '';
  }

  figures(key: string) {
    return this.graph.edgeColumn(key);
  }

  reader(key: string) {
    return (e: number) => this.value(e, key);
  }

  value(e: number, key: string): Attribute | undefined {
    const edge = this.graph.edges.get(e);
    if (!edge) return undefined;
    switch (key) {
      case 'name':
        return this.graph.nodes.get(edge.from)?.name ?? '';
      case 'to':
        return this.graph.nodes.get(edge.to)?.name ?? '';
      case 'from':
        return this.graph.nodes.get(edge.from)?.id ?? '';
      case 'ports':
      case 'server_names':
      case 'commands':
      case 'seen_by':
        return edge.facts[key] ?? [];
      case 'since':
        return edge.facts.since;
      default:
        return this.graph.edgeFigure(e, key);
    }
  }
}

/** A node and what it is connected with. */
function around(graph: Graph, id: string): Set<number> {
  const node = graph.node(id);
  const near = new Set<number>(node ? [node.n] : []);
  for (const e of node ? graph.edgesOf(node.n) : []) {
    const edge = graph.edges.get(e);
    if (edge) near.add(edge.from).add(edge.to);
  }
  return near;
}

/** An id as engines cut it, without its kind. */
export function shortId(id: string): string {
  const rest = id.slice(id.indexOf(':') + 1);
  return /^[0-9a-f]{40,}$/.test(rest) ? rest.slice(0, 12) : rest;
}
