// Which nodes are drawn together, the rectangle around them, and what a cluster sums up to while it is collapsed. Where nodes stand is decided elsewhere.
import type { Scene } from './scene';

/** Above so many nodes clusters are collapsed until they are opened. */
export const COLLAPSE_ABOVE = 300;
/** A map that fits only further away than this cannot be read node by node. */
export const LEGIBLE_SCALE = 0.3;
/** From this zoom on the members of a collapsed cluster can be read anyway, and are drawn. */
export const REVEAL_SCALE = 0.45;

/** Critical, warning, healthy, unknown. */
const WORST_FIRST = [3, 2, 1, 0] as const;

export const PADDING = 16;
export const TITLE = 24;

/** How wide a letter of a title is on the map, and what stands after it; longer titles are cut. */
const LETTER = 7.6;
const COUNT = 34;
const ROOM_MOST = 260;

/** The least width within a frame that its title can be read in. */
export const roomFor = (title: string): number => Math.min(ROOM_MOST, title.length * LETTER + COUNT);

export class Clusters {
  count = 0;
  keys: string[] = [];
  titles: string[] = [];
  left = new Float32Array(0);
  top = new Float32Array(0);
  width = new Float32Array(0);
  height = new Float32Array(0);
  /** Nodes of each; `health` has four counts for each. */
  size = new Uint32Array(0);
  health = new Uint32Array(0);
  /** The mean share of the limit, and the sum of the pinned figure. */
  gauge = new Float32Array(0);
  sum = new Float32Array(0);
  collapsed = new Uint8Array(0);
  /** The members that count, cluster by cluster, those that are worst first; where those of each begin. */
  members = new Uint32Array(0);
  firsts = new Uint32Array(1);
  /** Whether the clusters stand as the server has its areas, so that its places hold. */
  asServer = true;
  #byKey = new Map<string, number>();

  indexOf(key: string): number {
    return this.#byKey.get(key) ?? -1;
  }

  /** Finds the cluster of each node. `clustered`: by what the page named; else by the server's areas. */
  assign(scene: Scene, clustered: boolean) {
    const areas = areasOf(scene);
    if (clustered) {
      for (let n = 0; n < scene.nodes; n++) scene.cluster[n] = scene.key[n]!;
      this.asServer = same(scene, areas, scene.areaTitles.length);
      this.#name(scene.keys, scene.titles);
    } else {
      scene.cluster.set(areas.subarray(0, scene.nodes));
      this.asServer = true;
      const seen = new Map<string, number>();
      const keys = scene.areaTitles.map((title) => {
        const times = seen.get(title) ?? 0;
        seen.set(title, times + 1);
        return times ? `${title}\u0000${times}` : title;
      });
      this.#name(keys, scene.areaTitles);
    }
  }

  /** The rectangles around the members where they belong; those of the server are kept where its places hold. `titled`: with room for titles, which a packing left. */
  frame(scene: Scene, rects: 'server' | 'members' | 'titled', counts: (n: number) => boolean) {
    const none = 1e9;
    const left = new Float32Array(this.count).fill(none);
    const top = new Float32Array(this.count).fill(none);
    const right = new Float32Array(this.count).fill(-none);
    const bottom = new Float32Array(this.count).fill(-none);
    if (rects === 'server' && this.count === scene.areaTitles.length) {
      for (let c = 0; c < this.count; c++) {
        left[c] = scene.areaRects[c * 4]! + PADDING;
        top[c] = scene.areaRects[c * 4 + 1]! + PADDING + TITLE;
        right[c] = scene.areaRects[c * 4]! + scene.areaRects[c * 4 + 2]! - PADDING;
        bottom[c] = scene.areaRects[c * 4 + 1]! + scene.areaRects[c * 4 + 3]! - PADDING;
      }
    }
    for (let n = 0; n < scene.nodes; n++) {
      const c = scene.cluster[n]!;
      if (c < 0 || !counts(n)) continue;
      if (scene.hx[n]! < left[c]!) left[c] = scene.hx[n]!;
      if (scene.hy[n]! < top[c]!) top[c] = scene.hy[n]!;
      if (scene.hx[n]! + scene.w[n]! > right[c]!) right[c] = scene.hx[n]! + scene.w[n]!;
      if (scene.hy[n]! + scene.h[n]! > bottom[c]!) bottom[c] = scene.hy[n]! + scene.h[n]!;
    }
    for (let c = 0; c < this.count; c++) {
      if (right[c]! < left[c]!) continue;
      this.left[c] = left[c]! - PADDING;
      this.top[c] = top[c]! - PADDING - TITLE;
      const room = rects === 'titled' ? roomFor(this.titles[c] ?? '') : 0;
      this.width[c] = Math.max(right[c]! - left[c]!, room) + 2 * PADDING;
      this.height[c] = bottom[c]! - top[c]! + 2 * PADDING + TITLE;
    }
  }

  /** Counts members, their health and their figures. `shown` says whether a node counts at all. */
  sumUp(scene: Scene, shown: (n: number) => boolean) {
    this.size.fill(0);
    this.health.fill(0);
    this.sum.fill(0);
    this.gauge.fill(0);
    const gauges = new Uint32Array(this.count);
    for (let n = 0; n < scene.nodes; n++) {
      const c = scene.cluster[n]!;
      if (!scene.alive[n] || c < 0 || !shown(n)) continue;
      this.size[c]! += 1;
      this.health[c * 4 + scene.health[n]!]! += 1;
      const value = scene.value[n]!;
      if (value === value) this.sum[c]! += value;
      const gauge = scene.gauge[n]!;
      if (gauge === gauge) {
        this.gauge[c]! += gauge;
        gauges[c]! += 1;
      }
    }
    for (let c = 0; c < this.count; c++) this.gauge[c] = gauges[c] ? this.gauge[c]! / gauges[c]! : NaN;
    this.#list(scene, shown);
  }

  /** Sorts by counting: by cluster, then by health, then by number, so that nobody moves while nothing happens to them. */
  #list(scene: Scene, shown: (n: number) => boolean) {
    if (this.members.length < scene.nodes) this.members = new Uint32Array(scene.alive.length);
    if (this.firsts.length < this.count + 1) this.firsts = new Uint32Array(this.count + 1);
    const next = new Uint32Array(this.count * 4);
    let at = 0;
    for (let c = 0; c < this.count; c++) {
      this.firsts[c] = at;
      for (const health of WORST_FIRST) {
        next[c * 4 + health] = at;
        at += this.health[c * 4 + health]!;
      }
    }
    this.firsts[this.count] = at;
    for (let n = 0; n < scene.nodes; n++) {
      const c = scene.cluster[n]!;
      if (scene.alive[n] && c >= 0 && shown(n)) this.members[next[c * 4 + scene.health[n]!]!++] = n;
    }
  }

  /** Says which are collapsed: by the size of the map, unless somebody said otherwise (`KEY` is open, `-KEY` is closed). */
  collapse(large: boolean, open: readonly string[], revealed: boolean) {
    const said = new Set(open);
    for (let c = 0; c < this.count; c++) {
      const key = this.keys[c]!;
      this.collapsed[c] = said.has(`-${key}`) || (large && !revealed && !said.has(key) && this.size[c]! > 1) ? 1 : 0;
    }
  }

  #name(keys: string[], titles: string[]) {
    this.keys = keys;
    this.titles = titles;
    this.#byKey = new Map(keys.map((key, at) => [key, at]));
    if (keys.length === this.count) return;
    this.count = keys.length;
    this.left = new Float32Array(this.count);
    this.top = new Float32Array(this.count);
    this.width = new Float32Array(this.count);
    this.height = new Float32Array(this.count);
    this.size = new Uint32Array(this.count);
    this.health = new Uint32Array(this.count * 4);
    this.gauge = new Float32Array(this.count);
    this.sum = new Float32Array(this.count);
    this.collapsed = new Uint8Array(this.count);
  }
}

/** The area that each node stands in, by its middle; -1 is none. */
function areasOf(scene: Scene): Int32Array {
  const of = new Int32Array(scene.nodes).fill(-1);
  const rects = scene.areaRects;
  const areas = scene.areaTitles.length;
  let guess = 0;
  for (let n = 0; n < scene.nodes; n++) {
    if (!scene.alive[n]) continue;
    const x = scene.sx[n]! + scene.w[n]! / 2;
    const y = scene.sy[n]! + scene.h[n]! / 2;
    // Neighbours in number are mostly neighbours on the map.
    for (let tried = 0; tried < areas; tried++) {
      const a = (guess + tried) % areas;
      const left = rects[a * 4]!;
      const top = rects[a * 4 + 1]!;
      if (x >= left && y >= top && x <= left + rects[a * 4 + 2]! && y <= top + rects[a * 4 + 3]!) {
        of[n] = a;
        guess = a;
        break;
      }
    }
  }
  return of;
}

/** Whether the clusters that the page named are the server's areas one to one. */
function same(scene: Scene, areas: Int32Array, count: number): boolean {
  const areaOf = new Map<number, number>();
  const keyOf = new Int32Array(count).fill(-2);
  for (let n = 0; n < scene.nodes; n++) {
    if (!scene.alive[n]) continue;
    const key = scene.key[n]!;
    const area = areas[n]!;
    if (key < 0 && area < 0) continue;
    if (key < 0 || area < 0) return false;
    const known = areaOf.get(key);
    if (known === undefined && keyOf[area] === -2) {
      areaOf.set(key, area);
      keyOf[area] = key;
    } else if (known !== area || keyOf[area] !== key) return false;
  }
  return true;
}
