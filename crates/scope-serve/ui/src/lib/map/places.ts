// Where everything belongs: the server's places, those of a packing, or layers; and what somebody has dragged. Writes the scene's home places and the
// clusters' frames; what moves there, and how fast, is motion's.
import type { Arrangement } from '../model/place';
import { COLLAPSE_ABOVE, roomFor, type Clusters } from './clusters';
import { layered, type LayerItem } from './layers';
import { Packing } from './packing';
import type { ToEngine } from './protocol';
import { reflow } from './reflow';
import type { Scene } from './scene';

const ROW_GAP = 64;
/** Whether a node counts: others have no place that matters. */
export type Counts = (n: number) => boolean;
/** A screen is high that is narrower than so much of its height. */
export const PORTRAIT = 0.8;
const MOST_REFLOWED = 2000;

export class Places {
  /** What somebody dragged: the corner of a node; the way of a whole cluster. */
  readonly dragged = new Map<number, { x: number; y: number }>();
  readonly draggedClusters = new Map<string, { x: number; y: number }>();
  #packing = new Packing();
  /** Of a part of the nodes, which stand together. */
  #together = new Packing();
  #layers = new Map<number, { x: number; y: number }>();
  #layersOf = '';

  /** What is kept of former visits. */
  take({ n: numbers, at, clusters }: Extract<ToEngine, { type: 'places' }>) {
    this.dragged.clear();
    this.draggedClusters.clear();
    numbers.forEach((n, i) => this.dragged.set(n, { x: at[i * 2]!, y: at[i * 2 + 1]! }));
    for (const { key, x, y } of clusters) this.draggedClusters.set(key, { x, y });
  }

  /** Whether frames around clusters mean anything in this arrangement. */
  framed(arrangement: Arrangement, count: number): boolean {
    return arrangement === 'force' || count > COLLAPSE_ABOVE;
  }

  /** `only`: the few that are left of a map. They stand together, rather than where they would stand among all. */
  arrange(scene: Scene, clusters: Clusters, arrangement: Arrangement, aspect: number, only?: Counts) {
    const counts: Counts = (n) => scene.alive[n] === 1 && (!only || only(n));
    if (!only) this.#together.forget();
    const placed = !only && clusters.asServer && this.#hasPlaces(scene);
    if (placed) {
      scene.hx.set(scene.sx.subarray(0, scene.nodes));
      scene.hy.set(scene.sy.subarray(0, scene.nodes));
    } else {
      (only ? this.#together : this.#packing).place(
        scene,
        counts,
        (n) => {
          const c = scene.cluster[n]!;
          return c < 0 ? undefined : clusters.keys[c];
        },
        (key) => roomFor(clusters.titles[clusters.indexOf(key)] ?? ''),
        aspect,
      );
    }
    const around = placed ? 'members' : 'titled';
    const rects = placed && scene.areaTitles.length === clusters.count && clusters.titles === scene.areaTitles ? 'server' : around;
    clusters.frame(scene, rects, counts);
    if (arrangement === 'layers') this.#layer(scene, clusters, aspect, counts, only !== undefined);
    else this.#layersOf = '';
    if (only) {
      if (arrangement === 'layers') clusters.frame(scene, 'members', counts);
      return;
    }
    const reflowed = arrangement === 'force' && aspect < PORTRAIT && this.#reflow(scene, clusters, aspect);
    this.#drag(scene, clusters);
    // What was dragged may stand outside of its frame, which follows it.
    if (arrangement === 'layers' || reflowed || this.dragged.size || this.draggedClusters.size) {
      clusters.frame(scene, this.draggedClusters.size || arrangement === 'layers' || reflowed ? around : rects, counts);
    }
  }

  #hasPlaces(scene: Scene): boolean {
    for (let n = 0; n < scene.nodes; n++) if (scene.alive[n]) return scene.sx[n] === scene.sx[n];
    return true;
  }

  /** On a screen that is high, a map that is wide is in rows of its own. Yields whether it is. */
  #reflow(scene: Scene, clusters: Clusters, aspect: number): boolean {
    const alone: number[] = [];
    for (let n = 0; n < scene.nodes; n++) if (scene.alive[n] && scene.cluster[n]! < 0) alone.push(n);
    const framed: number[] = [];
    for (let c = 0; c < clusters.count; c++) if (clusters.width[c]! > 0) framed.push(c);
    if (framed.length + alone.length > MOST_REFLOWED) return false;
    const ways = reflow(
      [
        ...framed.map((c) => ({ x: clusters.left[c]!, y: clusters.top[c]!, w: clusters.width[c]!, h: clusters.height[c]! })),
        ...alone.map((n) => ({ x: scene.hx[n]!, y: scene.hy[n]!, w: scene.w[n]!, h: scene.h[n]!, apart: framed.length > 0 })),
      ],
      aspect,
    );
    if (!ways) return false;
    const placeOf = new Int32Array(clusters.count).fill(-1);
    framed.forEach((c, at) => (placeOf[c] = at));
    const move = (n: number, at: number) => {
      scene.hx[n]! += ways[at * 2]!;
      scene.hy[n]! += ways[at * 2 + 1]!;
    };
    alone.forEach((n, at) => move(n, framed.length + at));
    for (let n = 0; n < scene.nodes; n++) if (scene.alive[n] && scene.cluster[n]! >= 0) move(n, placeOf[scene.cluster[n]!]!);
    return true;
  }

  /** Clients above servers: nodes, or whole clusters where the map is large. What stands in a layer stays there while the same things are arranged. */
  #layer(scene: Scene, clusters: Clusters, aspect: number, counts: Counts, part: boolean) {
    let count = 0;
    for (let n = 0; n < scene.nodes; n++) if (counts(n)) count += 1;
    const whole = count > COLLAPSE_ABOVE;
    const unit = (n: number) => (whole && scene.cluster[n]! >= 0 ? -1 - scene.cluster[n]! : n);
    const units: number[] = [];
    const at = new Map<number, number>();
    for (let n = 0; n < scene.nodes; n++) {
      if (!counts(n)) continue;
      const u = unit(n);
      if (at.has(u)) continue;
      at.set(u, units.length);
      units.push(u);
    }
    const items: LayerItem[] = units.map((u) =>
      u >= 0 ? { w: scene.w[u]!, h: scene.h[u]! } : { w: clusters.width[-1 - u]!, h: clusters.height[-1 - u]! },
    );
    const links: [number, number][] = [];
    for (let e = 0; e < scene.edges; e++) {
      if (!scene.edgeAlive[e]) continue;
      const from = at.get(unit(scene.from[e]!));
      const to = at.get(unit(scene.to[e]!));
      if (from !== undefined && to !== undefined && from !== to) links.push([from, to]);
    }
    const of = `${whole}\u0000${part}\u0000${whole ? clusters.keys.join('\u0000') : ''}`;
    const known = of === this.#layersOf ? units.filter((u) => this.#layers.has(u)).length : 0;
    this.#layersOf = of;
    if (known < units.length / 2) {
      const places = layered(items, links, aspect);
      this.#layers = new Map(units.map((u, i) => [u, { x: places[i * 2]!, y: places[i * 2 + 1]! }]));
    } else this.#arrivals(units, items, links, at);
    for (let n = 0; n < scene.nodes; n++) {
      if (!counts(n)) continue;
      const u = unit(n);
      const place = this.#layers.get(u);
      if (!place) continue;
      scene.hx[n] = place.x + (u >= 0 ? 0 : scene.hx[n]! - clusters.left[-1 - u]!);
      scene.hy[n] = place.y + (u >= 0 ? 0 : scene.hy[n]! - clusters.top[-1 - u]!);
    }
  }

  /** What is new goes to the end of the row below its lowest client. */
  #arrivals(units: number[], items: LayerItem[], links: [number, number][], at: Map<number, number>) {
    for (const u of [...this.#layers.keys()]) if (!at.has(u)) this.#layers.delete(u);
    for (const [i, u] of units.entries()) {
      if (this.#layers.has(u)) continue;
      const above = links
        .filter(([, to]) => to === i)
        .map(([from]) => this.#layers.get(units[from]!)?.y)
        .filter((y) => y !== undefined);
      const lowest = Math.max(0, ...[...this.#layers.values()].map((place) => place.y));
      const rows = [...new Set([...this.#layers.values()].map((place) => place.y))].sort((a, b) => a - b);
      const y = above.length ? (rows.find((row) => row > Math.max(...above)) ?? lowest + ROW_GAP + items[i]!.h) : (rows[0] ?? 0);
      let x = 0;
      for (const [other, place] of this.#layers)
        if (Math.abs(place.y - y) < items[i]!.h) x = Math.max(x, place.x + items[at.get(other)!]!.w + 22);
      this.#layers.set(u, { x, y });
    }
  }

  #drag(scene: Scene, clusters: Clusters) {
    if (this.draggedClusters.size) {
      const by = clusters.keys.map((key) => this.draggedClusters.get(key));
      for (let n = 0; n < scene.nodes; n++) {
        const c = scene.cluster[n]!;
        const way = c >= 0 ? by[c] : undefined;
        if (!way) continue;
        scene.hx[n]! += way.x;
        scene.hy[n]! += way.y;
      }
    }
    for (const [n, place] of this.dragged) {
      if (n >= scene.nodes || !scene.alive[n]) continue;
      scene.hx[n] = place.x;
      scene.hy[n] = place.y;
    }
  }
}
