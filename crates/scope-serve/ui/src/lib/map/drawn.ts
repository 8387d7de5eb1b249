// What is drawn: each node by itself, within a collapsed cluster, or not at all; and the links between what is drawn, edges between clusters as one.
import type { Clusters } from './clusters';
import type { Scene } from './scene';
import { WARNING } from './protocol';

export const HIDDEN = 0;
export const SHOWN = 1;
export const WITHIN = 2;

/** The end of a link: a node by its number, a cluster as `-1 - number`. */
export type EndCode = number;
export const clusterEnd = (c: number): EndCode => -1 - c;

export interface Restriction {
  onlyProblems: boolean;
  hidden: Uint32Array;
  folded: Uint32Array;
  /** The nodes to be shown; all where there is none. */
  only: ReadonlySet<number> | undefined;
}

export class Drawn {
  state = new Uint8Array(0);
  folded = new Uint8Array(0);
  /** Others count now than when they were chosen before. */
  others = false;
  #chosen: ReadonlySet<number> = new Set();
  links = 0;
  from = new Int32Array(0);
  to = new Int32Array(0);
  weight = new Float32Array(0);
  failing = new Uint32Array(0);
  pairs = new Uint32Array(0);
  /** Of each closed cluster how many edges fail that begin and end in it. */
  failingWithin = new Uint32Array(0);
  /** The edge of a link that is one, else -1; and the link of each edge, else -1. */
  edge = new Int32Array(0);
  linkOf = new Int32Array(0);
  /** Whether an end of it is folded: drawn only when it is asked for. */
  quiet = new Uint8Array(0);
  mostWeight = 0;

  /** Which nodes count at all. Before clusters are summed up. Yields those that did not count before. */
  choose(scene: Scene, { onlyProblems, hidden, folded, only }: Restriction): number[] {
    const before = this.#chosen;
    if (this.state.length < scene.nodes) {
      this.state = new Uint8Array(scene.alive.length);
      this.folded = new Uint8Array(scene.alive.length);
    }
    this.folded.fill(0);
    for (const n of folded) this.folded[n] = 1;
    for (let n = 0; n < scene.nodes; n++) {
      const shown = scene.alive[n] && (!only || only.has(n)) && (!onlyProblems || scene.health[n]! >= WARNING);
      this.state[n] = shown ? SHOWN : HIDDEN;
    }
    if (onlyProblems) {
      for (let e = 0; e < scene.edges; e++) {
        if (!scene.edgeAlive[e] || !scene.failing[e]) continue;
        for (const n of [scene.from[e]!, scene.to[e]!]) if (scene.alive[n] && (!only || only.has(n))) this.state[n] = SHOWN;
      }
    }
    for (const n of hidden) this.state[n] = HIDDEN;
    const chosen = new Set<number>();
    for (let n = 0; n < scene.nodes; n++) if (this.state[n] === SHOWN) chosen.add(n);
    const came = [...chosen].filter((n) => !before.has(n));
    this.others = came.length > 0 || chosen.size !== before.size;
    this.#chosen = chosen;
    return came;
  }

  /** How many count. */
  get shown(): number {
    return this.#chosen.size;
  }

  /** Those that count. */
  get chosen(): ReadonlySet<number> {
    return this.#chosen;
  }

  /** Puts members of collapsed clusters within them, and joins the edges. */
  join(scene: Scene, clusters: Clusters) {
    for (let n = 0; n < scene.nodes; n++) {
      if (this.state[n] === HIDDEN) continue;
      const c = scene.cluster[n]!;
      this.state[n] = c >= 0 && clusters.collapsed[c] ? WITHIN : SHOWN;
    }
    if (this.linkOf.length < scene.edges) {
      const size = scene.edgeAlive.length;
      this.from = new Int32Array(size);
      this.to = new Int32Array(size);
      this.weight = new Float32Array(size);
      this.failing = new Uint32Array(size);
      this.pairs = new Uint32Array(size);
      this.edge = new Int32Array(size);
      this.linkOf = new Int32Array(size);
      this.quiet = new Uint8Array(size);
    }
    this.links = 0;
    this.failingWithin = new Uint32Array(clusters.count);
    const bundles = new Map<number, number>();
    const span = scene.nodes + clusters.count + 1;
    for (let e = 0; e < scene.edges; e++) {
      this.linkOf[e] = -1;
      if (!scene.edgeAlive[e]) continue;
      const from = this.#end(scene, scene.from[e]!);
      const to = this.#end(scene, scene.to[e]!);
      if (from === undefined || to === undefined || from === to) continue;
      let link: number | undefined;
      if (from < 0 || to < 0) {
        const key = (from + clusters.count) * span + to + clusters.count;
        link = bundles.get(key);
        if (link === undefined) bundles.set(key, (link = this.#add(from, to, -1)));
      } else link = this.#add(from, to, e);
      this.linkOf[e] = link;
    }
    this.weigh(scene);
  }

  /** Sums the figures of edges up anew. */
  weigh(scene: Scene) {
    this.weight.fill(0, 0, this.links);
    this.failing.fill(0, 0, this.links);
    this.pairs.fill(0, 0, this.links);
    this.failingWithin.fill(0);
    for (let e = 0; e < scene.edges; e++) {
      if (!scene.edgeAlive[e]) continue;
      const link = this.linkOf[e]!;
      if (link < 0) {
        if (scene.failing[e] && this.state[scene.from[e]!] === WITHIN && this.state[scene.to[e]!] === WITHIN)
          this.failingWithin[scene.cluster[scene.from[e]!]!]! += 1;
        continue;
      }
      this.weight[link]! += scene.weight[e]!;
      this.failing[link]! += scene.failing[e]!;
      this.pairs[link]! += 1;
    }
    this.mostWeight = 0;
    for (let link = 0; link < this.links; link++) if (this.weight[link]! > this.mostWeight) this.mostWeight = this.weight[link]!;
  }

  #add(from: EndCode, to: EndCode, edge: number): number {
    const link = this.links++;
    this.from[link] = from;
    this.to[link] = to;
    this.edge[link] = edge;
    this.quiet[link] = (from >= 0 && this.folded[from]) || (to >= 0 && this.folded[to]) ? 1 : 0;
    return link;
  }

  #end(scene: Scene, n: number): EndCode | undefined {
    const state = this.state[n];
    if (state === SHOWN) return n;
    return state === WITHIN ? clusterEnd(scene.cluster[n]!) : undefined;
  }
}
