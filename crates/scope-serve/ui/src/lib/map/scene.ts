// All nodes and edges of the map as typed arrays, by the numbers of the graph. What is known, and where it stands; not what of it is drawn, nor how.
import type { Change, Figures } from './protocol';

/** Grows the arrays of an object together. */
function wider<T extends Float32Array | Uint8Array | Uint32Array | Int32Array>(old: T, size: number): T {
  const fresh = new (old.constructor as new (size: number) => T)(size);
  fresh.set(old as never);
  return fresh;
}

export class Scene {
  /** One more than the largest number of a node. */
  nodes = 0;
  edges = 0;
  count = 0;
  alive = new Uint8Array(0);
  /** Where the server has it. */
  sx = new Float32Array(0);
  sy = new Float32Array(0);
  /** Where it belongs in the arrangement that is shown. */
  hx = new Float32Array(0);
  hy = new Float32Array(0);
  /** Where it is now. */
  x = new Float32Array(0);
  y = new Float32Array(0);
  w = new Float32Array(0);
  h = new Float32Array(0);
  kind = new Uint8Array(0);
  /** The cluster that the page named, and the one that is shown. */
  key = new Int32Array(0);
  cluster = new Int32Array(0);
  members = new Uint32Array(0);
  health = new Uint8Array(0);
  value = new Float32Array(0);
  gauge = new Float32Array(0);
  names: string[] = [];
  shorts: string[] = [];

  edgeAlive = new Uint8Array(0);
  from = new Uint32Array(0);
  to = new Uint32Array(0);
  weight = new Float32Array(0);
  failing = new Uint8Array(0);

  areaRects: Float32Array = new Float32Array(0);
  areaTitles: string[] = [];
  keys: string[] = [];
  titles: string[] = [];
  /** The largest figure, that sizes are compared with. */
  most = 0;

  /** Takes a change. Yields the nodes that arrived: what has no place yet. */
  change(change: Change): number[] {
    if (change.reset) this.#forget();
    for (const e of change.edgesGone) this.edgeAlive[e] = 0;
    for (const n of change.gone) {
      if (this.alive[n]) this.count -= 1;
      this.alive[n] = 0;
      this.names[n] = this.shorts[n] = '';
    }
    if (change.areas) {
      this.areaRects = change.areas.rects;
      this.areaTitles = change.areas.titles;
    }
    if (change.clusters) {
      this.keys = change.clusters.keys;
      this.titles = change.clusters.titles;
    }
    const arrived = this.#putNodes(change.nodes);
    this.#putEdges(change.edges);
    return arrived;
  }

  figures(figures: Figures) {
    figures.n.forEach((n, at) => {
      if (n >= this.nodes) return;
      this.value[n] = figures.value[at] ?? NaN;
      this.gauge[n] = figures.gauge[at] ?? NaN;
      this.health[n] = figures.health[at] ?? 0;
    });
    figures.e.forEach((e, at) => {
      if (e >= this.edges) return;
      this.weight[e] = figures.weight[at] ?? 0;
      this.failing[e] = figures.failing[at] ?? 0;
    });
    let most = 0;
    for (let n = 0; n < this.nodes; n++) {
      const value = this.value[n]!;
      if (this.alive[n] && value > most) most = value;
    }
    this.most = most;
  }

  /** What a node is connected with, itself left out. */
  neighbours(n: number): Set<number> {
    const found = new Set<number>();
    for (let e = 0; e < this.edges; e++) {
      if (!this.edgeAlive[e]) continue;
      if (this.from[e] === n) found.add(this.to[e]!);
      else if (this.to[e] === n) found.add(this.from[e]!);
    }
    found.delete(n);
    return found;
  }

  #forget() {
    this.alive.fill(0);
    this.edgeAlive.fill(0);
    this.count = 0;
    this.nodes = 0;
    this.edges = 0;
    this.names = [];
    this.shorts = [];
    this.areaRects = new Float32Array(0);
    this.areaTitles = [];
  }

  #putNodes(batch: Change['nodes']): number[] {
    const arrived: number[] = [];
    if (!batch) return arrived;
    let top = this.nodes;
    for (const n of batch.n) if (n >= top) top = n + 1;
    if (top > this.alive.length) this.#grow(Math.max(256, top, Math.ceil(this.alive.length * 1.5)));
    this.nodes = top;
    batch.n.forEach((n, at) => {
      if (!this.alive[n]) {
        this.alive[n] = 1;
        this.count += 1;
        this.value[n] = NaN;
        this.gauge[n] = NaN;
        this.health[n] = 0;
        arrived.push(n);
      }
      this.sx[n] = batch.box[at * 4]!;
      this.sy[n] = batch.box[at * 4 + 1]!;
      this.w[n] = batch.box[at * 4 + 2]!;
      this.h[n] = batch.box[at * 4 + 3]!;
      this.kind[n] = batch.kind[at]!;
      this.key[n] = batch.cluster[at]!;
      this.members[n] = batch.members[at]!;
      this.names[n] = batch.names[at] ?? '';
      this.shorts[n] = batch.shorts[at] ?? '';
    });
    return arrived;
  }

  #putEdges(batch: Change['edges']) {
    if (!batch) return;
    let top = this.edges;
    for (const e of batch.e) if (e >= top) top = e + 1;
    if (top > this.edgeAlive.length) this.#growEdges(Math.max(256, top, Math.ceil(this.edgeAlive.length * 1.5)));
    this.edges = top;
    batch.e.forEach((e, at) => {
      if (!this.edgeAlive[e]) {
        this.weight[e] = 0;
        this.failing[e] = 0;
      }
      this.edgeAlive[e] = 1;
      this.from[e] = batch.from[at]!;
      this.to[e] = batch.to[at]!;
    });
  }

  #grow(size: number) {
    this.alive = wider(this.alive, size);
    this.sx = wider(this.sx, size);
    this.sy = wider(this.sy, size);
    this.hx = wider(this.hx, size);
    this.hy = wider(this.hy, size);
    this.x = wider(this.x, size);
    this.y = wider(this.y, size);
    this.w = wider(this.w, size);
    this.h = wider(this.h, size);
    this.kind = wider(this.kind, size);
    this.key = wider(this.key, size);
    this.cluster = wider(this.cluster, size);
    this.members = wider(this.members, size);
    this.health = wider(this.health, size);
    this.value = wider(this.value, size);
    this.gauge = wider(this.gauge, size);
  }

  #growEdges(size: number) {
    this.edgeAlive = wider(this.edgeAlive, size);
    this.from = wider(this.from, size);
    this.to = wider(this.to, size);
    this.weight = wider(this.weight, size);
    this.failing = wider(this.failing, size);
  }
}
