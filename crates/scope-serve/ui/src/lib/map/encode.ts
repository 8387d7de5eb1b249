// Turns the graph into what the engine takes: typed arrays whose memory is handed over, for all of it or for what a message changed. Reads the graph at that
// moment; keeps only what rates and failures need from one message to the next.
import { bitsOf, KIND, MEMBERS, NAME, PLACE, ROLE } from '../model/difference';
import type { Applied, Graph, GraphNode } from '../model/graph';
import { HEALTHS } from '../model/health';
import { JUDGED_FIGURES, Standings } from '../model/standing';
import { clusterBits, clusterOf } from './cluster-key';
import { kindIndex } from './kinds';
import { CRITICAL, HEALTHY, UNKNOWN, WARNING, type Change, type EdgeBatch, type Figures, type NodeBatch } from './protocol';

export type EdgeMeasure = 'open' | 'bytes';
/** How long ago a failed attempt is news, and the share of failures that is news all the time. */
const FAILED_MS = 60_000;
const FAILED_SHARE = 0.02;

const CODES = HEALTHS.map((health) => ({ unknown: UNKNOWN, healthy: HEALTHY, warning: WARNING, critical: CRITICAL })[health]);
/** The attribute that names are shortened by. */
const PROJECT = 'compose_project';
/** What of a node is drawn, beside figures and its cluster: all that is in a `NodeBatch`. */
const DRAWN = NAME | KIND | ROLE | PLACE | MEMBERS | bitsOf(PROJECT);
/** Not a figure of the server's: what the connections of a node add up to. */
export const CONNECTIONS = 'connections';
/** Received and sent together. */
export const NETWORK = 'net';

interface Flow {
  bytes: number;
  at: number;
  rate: number;
  failed: number;
  failedAt: number;
}

export class Encoder {
  #clusterBy = '';
  #metric = 'cpu_pct';
  #measure: EdgeMeasure = 'open';
  #keys = new Map<string, number>();
  #titles: string[] = [];
  #flows = new Map<number, Flow>();
  /** Those of them that failed a short while ago: few of thousands. */
  #failed = new Set<number>();
  #newClusters = false;
  #drawn = DRAWN;

  constructor(private readonly graph: Graph) {}

  /** What is shown. Yields whether clusters are others now, so that all nodes are to be sent again. */
  choose(clusterBy: string, metric: string, measure: EdgeMeasure): boolean {
    const other = clusterBy !== this.#clusterBy;
    this.#clusterBy = clusterBy;
    this.#metric = metric;
    this.#measure = measure;
    if (other) {
      this.#keys.clear();
      this.#titles = [];
      this.#drawn = DRAWN | clusterBits(clusterBy);
    }
    return other;
  }

  /** Everything there is; `reset` where numbers mean something else than before. */
  all(reset: boolean): { change: Change; figures: Figures } {
    if (reset) {
      this.#keys.clear();
      this.#titles = [];
      this.#flows.clear();
      this.#failed.clear();
    }
    const nodes = [...this.graph.nodes.keys()];
    const edges = [...this.graph.edges.keys()];
    return { change: this.#change(reset, nodes, edges, [], [], true), figures: this.#figures(nodes, edges) };
  }

  /** What a message changed. */
  changed(applied: Applied): { change: Change | undefined; figures: Figures | undefined } {
    if (applied.reset) return this.all(true);
    for (const e of applied.edgesGone) {
      this.#flows.delete(e);
      this.#failed.delete(e);
    }
    // Most changes are to what the map does not draw, or draws as figures.
    const seen = applied.nodes.filter((_, at) => applied.differences[at]! & this.#drawn);
    const structural = seen.length + applied.nodesGone.length + applied.edges.length + applied.edgesGone.length > 0 || applied.areas;
    const change = structural ? this.#change(false, seen, applied.edges, applied.nodesGone, applied.edgesGone, applied.areas) : undefined;
    const nodes = this.#moved(applied);
    const edges = new Set(applied.edges);
    for (const [, of] of applied.edgeFigures) for (const e of of) edges.add(e);
    // What was news a minute ago is none any more.
    const now = Date.parse(this.graph.at);
    for (const e of this.#failed) if (now - this.#flows.get(e)!.failedAt > FAILED_MS) edges.add(e);
    if (!nodes.length && !edges.size) return { change, figures: undefined };
    return { change, figures: this.#figures(nodes, [...edges]) };
  }

  /** The figures of everything, where another one is pinned. */
  figures(): Figures {
    return this.#figures([...this.graph.nodes.keys()], [...this.graph.edges.keys()]);
  }

  #moved(applied: Applied): number[] {
    const pinned = this.#metric;
    if (pinned === CONNECTIONS) return applied.edgeFigures.length || applied.edges.length ? [...this.graph.nodes.keys()] : applied.nodes;
    const names = this.graph.metrics;
    const relevant = applied.figures.filter(([figure]) => {
      const name = names[figure] ?? '';
      return (
        name === pinned || JUDGED_FIGURES.has(name) || (pinned === NETWORK && (name === 'rx_bytes_per_sec' || name === 'tx_bytes_per_sec'))
      );
    });
    if (!relevant.length) return applied.nodes;
    if (relevant.length === 1 && !applied.nodes.length) return relevant[0]![1].filter((n) => this.graph.nodes.has(n));
    const seen = new Set(applied.nodes);
    let last: number[] | undefined;
    for (const [, of] of relevant) {
      // Columns that come together have the same list.
      if (of !== last) for (const n of of) seen.add(n);
      last = of;
    }
    return [...seen].filter((n) => this.graph.nodes.has(n));
  }

  #change(reset: boolean, nodes: number[], edges: number[], gone: number[], edgesGone: number[], areas: boolean): Change {
    const batch = nodes.length ? this.#nodes(nodes) : undefined;
    const rects = new Float32Array(this.graph.areas.length * 4);
    if (areas) this.graph.areas.forEach((area, at) => rects.set(area.rect, at * 4));
    const clusters = this.#newClusters || reset ? { keys: [...this.#keys.keys()], titles: [...this.#titles] } : undefined;
    this.#newClusters = false;
    return {
      type: 'change',
      reset,
      gone: new Uint32Array(gone),
      edgesGone: new Uint32Array(edgesGone),
      nodes: batch,
      edges: edges.length ? this.#edges(edges) : undefined,
      areas: areas ? { rects, titles: this.graph.areas.map((area) => area.title) } : undefined,
      clusters,
    };
  }

  #nodes(numbers: number[]): NodeBatch {
    const count = numbers.length;
    const batch: NodeBatch = {
      n: new Uint32Array(numbers),
      box: new Float32Array(count * 4),
      kind: new Uint8Array(count),
      cluster: new Int32Array(count),
      members: new Uint32Array(count),
      names: new Array<string>(count),
      shorts: new Array<string>(count),
    };
    numbers.forEach((n, at) => {
      const node = this.graph.nodes.get(n)!;
      batch.box.set(node.place ?? [NaN, NaN, 150, 42], at * 4);
      batch.kind[at] = kindIndex(node.kind);
      batch.cluster[at] = this.#clusterBy ? this.#cluster(node) : -1;
      batch.members[at] = node.facts.members ?? 0;
      batch.names[at] = node.name;
      batch.shorts[at] = shortName(node);
    });
    return batch;
  }

  #cluster(node: GraphNode): number {
    const cluster = clusterOf(node, this.#clusterBy);
    if (!cluster) return -1;
    let at = this.#keys.get(cluster.key);
    if (at === undefined) {
      at = this.#titles.length;
      this.#keys.set(cluster.key, at);
      this.#titles.push(cluster.title);
      this.#newClusters = true;
    }
    return at;
  }

  #edges(numbers: number[]): EdgeBatch {
    const batch: EdgeBatch = { e: new Uint32Array(numbers), from: new Uint32Array(numbers.length), to: new Uint32Array(numbers.length) };
    numbers.forEach((e, at) => {
      const edge = this.graph.edges.get(e)!;
      batch.from[at] = edge.from;
      batch.to[at] = edge.to;
    });
    return batch;
  }

  #figures(nodes: number[], edges: number[]): Figures {
    const graph = this.graph;
    const now = Date.parse(graph.at);
    const standings = Standings.of(graph);
    // One block of memory: each of its own costs more to hand over than what is in it.
    const [many, links] = [nodes.length, edges.length];
    const memory = new ArrayBuffer(13 * many + 9 * links);
    const figures: Figures = {
      type: 'figures',
      n: new Uint32Array(memory, 0, many),
      value: new Float32Array(memory, 4 * many, many),
      gauge: new Float32Array(memory, 8 * many, many),
      e: new Uint32Array(memory, 12 * many, links),
      weight: new Float32Array(memory, 12 * many + 4 * links, links),
      health: new Uint8Array(memory, 12 * many + 8 * links, many),
      failing: new Uint8Array(memory, 13 * many + 8 * links, links),
    };
    const { n } = figures;
    n.set(nodes);
    figures.e.set(edges);
    this.#fill(n, figures.value);
    figures.gauge.set(standings.shares(n, this.#metric));
    const health = standings.health(n, now);
    for (let at = 0; at < many; at += 1) figures.health[at] = CODES[health[at]!]!;
    const columnsOf = ['open', 'tx_bytes_total', 'rx_bytes_total', 'failed_total', 'opened_total'].map((name) => graph.edgeColumn(name));
    const of = (column: number, e: number) => columnsOf[column]?.[e] || 0;
    edges.forEach((e, at) => {
      const flow = this.#flow(e, of(1, e) + of(2, e), of(3, e), now);
      figures.weight[at] = this.#measure === 'open' ? of(0, e) : flow.rate;
      const failed = of(3, e);
      figures.failing[at] = flow.failedAt || (failed > 0 && failed / (failed + of(4, e)) >= FAILED_SHARE) ? 1 : 0;
    });
    return figures;
  }

  /** The pinned figure of each node, NaN where it is unknown. */
  #fill(numbers: Uint32Array, values: Float32Array) {
    const { graph } = this;
    values.fill(NaN);
    const fill = (of: (n: number) => number) => numbers.forEach((n, at) => (values[at] = of(n)));
    if (this.#metric === CONNECTIONS) {
      const open = graph.edgeColumn('open');
      fill((n) => {
        let sum = 0;
        for (const e of graph.edgesOf(n)) sum += open?.[e] || 0;
        return sum;
      });
    } else if (this.#metric === NETWORK) {
      const [received, sent] = [graph.column('rx_bytes_per_sec'), graph.column('tx_bytes_per_sec')];
      // Of what is known of either.
      const known = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? undefined : value);
      fill((n) => {
        const [came, went] = [known(received?.[n]), known(sent?.[n])];
        return came === undefined && went === undefined ? NaN : (came ?? 0) + (went ?? 0);
      });
    } else {
      const column = graph.column(this.#metric);
      if (column) fill((n) => column[n]!);
    }
  }

  #flow(e: number, bytes: number, failed: number, now: number): Flow {
    const flow = this.#flows.get(e);
    if (!flow) {
      const fresh = { bytes, at: now, rate: 0, failed, failedAt: 0 };
      this.#flows.set(e, fresh);
      return fresh;
    }
    if (bytes !== flow.bytes && now > flow.at) {
      flow.rate = Math.max(0, ((bytes - flow.bytes) * 1000) / (now - flow.at));
      flow.bytes = bytes;
      flow.at = now;
    }
    if (failed > flow.failed) {
      flow.failedAt = now;
      this.#failed.add(e);
    } else if (flow.failedAt && now - flow.failedAt > FAILED_MS) {
      flow.failedAt = 0;
      this.#failed.delete(e);
    }
    flow.failed = failed;
    return flow;
  }
}

/** A name without what its project says anyway, `api-1` of `shop-api-1`, and without what explains it: `Internet` of `Internet (servers)`. */
export function shortName(node: GraphNode): string {
  if (node.role === 'pseudo') return node.name.replace(/ \([^()]*\)$/, '') || node.name;
  const project = node.facts.attrs?.[PROJECT];
  if (typeof project !== 'string' || !project || !node.name.startsWith(project)) return node.name;
  const rest = node.name.slice(project.length);
  return /^[-_]./.test(rest) ? rest.slice(1) : node.name;
}

/** The memory of a message, to be handed over instead of copied. */
export function memoryOf(message: Change | Figures): ArrayBuffer[] {
  const parts =
    message.type === 'figures'
      ? Object.values(message)
      : [
          message.gone,
          message.edgesGone,
          ...Object.values(message.nodes ?? {}),
          ...Object.values(message.edges ?? {}),
          message.areas?.rects,
        ];
  return [...new Set(parts.filter((part) => ArrayBuffer.isView(part)).map((part) => part.buffer as ArrayBuffer))];
}
