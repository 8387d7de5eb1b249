// What the parts of the engine share: everything that is known, what was derived from it, what is out of date, and the questions that all of them ask. No drawing,
// no messages taken, nothing that moves by itself.
import { Format } from '../model/format';
import { Window, type Bounds } from './camera';
import { Clusters } from './clusters';
import { Curves, rectOf } from './curves';
import { Drawn, HIDDEN, SHOWN } from './drawn';
import type { Hit, Spot } from './hit';
import { Labels } from './labels';
import type { Marks } from './overlay';
import type { Model } from './picture';
import { Places } from './places';
import type { FromEngine, Options, Thing } from './protocol';
import { Scene } from './scene';
import type { Spread } from './spread';

const NOTHING: Options = {
  type: 'options',
  arrangement: 'force',
  clustered: false,
  open: [],
  colouring: 'health',
  onlyProblems: false,
  hidden: new Uint32Array(0),
  folded: new Uint32Array(0),
  focus: -1,
  selected: new Int32Array(0),
  selectedEdges: new Int32Array(0),
  unit: 'number',
  reducedMotion: false,
};

export class Stage {
  readonly scene = new Scene();
  readonly clusters = new Clusters();
  readonly drawn = new Drawn();
  readonly curves = new Curves();
  readonly places = new Places();
  readonly window = new Window();
  /** The width by the height that the map is arranged for. A panel below takes of the height and changes nothing. */
  aspect = 1;
  readonly model: Model;
  options = NOTHING;
  format = new Format('en');
  marks: Marks = { hover: undefined, cursor: undefined, selected: [], selectedLinks: [], flowing: [] };
  /** Who stands apart from where they belong, for as long as something is chosen. */
  spread: Spread | undefined;
  stale = { places: false, drawn: false, weights: false, curves: false, base: true, over: true, mini: true };
  /** Since the last picture nothing but the camera has changed. */
  onlyCamera = false;
  /** Somebody holds something, and moves it. */
  dragging = false;
  /** Nothing has been drawn yet. */
  first = true;
  /** The page is looked at. */
  shown = true;

  constructor(readonly emit: (message: FromEngine) => void) {
    this.model = {
      scene: this.scene,
      clusters: this.clusters,
      drawn: this.drawn,
      curves: this.curves,
      labels: new Labels(),
      look: undefined as unknown as Model['look'],
      colouring: 'health',
      framed: true,
      lit: undefined,
      apart: undefined,
      say: (value) => this.format.figure(value, this.options.unit),
    };
  }

  /** Around everything that is shown, where it belongs or, of what is spread out, where it goes. */
  bounds(): Bounds {
    const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    const put = (x: number, y: number, w: number, h: number) => {
      bounds.left = Math.min(bounds.left, x);
      bounds.top = Math.min(bounds.top, y);
      bounds.right = Math.max(bounds.right, x + w);
      bounds.bottom = Math.max(bounds.bottom, y + h);
    };
    const { scene, clusters, drawn, spread } = this;
    for (let n = 0; n < scene.nodes; n++) {
      if (drawn.state[n] === HIDDEN) continue;
      const target = spread?.targetOf(n);
      put(target ? target[0] : scene.hx[n]!, target ? target[1] : scene.hy[n]!, scene.w[n]!, scene.h[n]!);
    }
    if (this.model.framed || clusters.collapsed.includes(1)) {
      for (let c = 0; c < clusters.count; c++)
        if (clusters.size[c]) put(clusters.left[c]!, clusters.top[c]!, clusters.width[c]!, clusters.height[c]!);
    }
    return bounds.left > bounds.right ? { left: 0, top: 0, right: 1000, bottom: 600 } : bounds;
  }

  /** Whether something that is in no cluster stands at the left border, and at the right one. */
  aloneAt({ left, right }: Bounds): { left: boolean; right: boolean } {
    const { scene, drawn } = this;
    const found = { left: false, right: false };
    for (let n = 0; n < scene.nodes; n++) {
      if (drawn.state[n] === HIDDEN || scene.cluster[n]! >= 0) continue;
      found.left ||= scene.hx[n]! <= left + 1;
      found.right ||= scene.hx[n]! + scene.w[n]! >= right - 1;
    }
    return found;
  }

  /** Around what is chosen, with the neighbourhood that was spread out for it; nothing where nothing is. */
  chosen(): Bounds | undefined {
    const { scene, clusters, spread, options } = this;
    if (spread && options.focus < 0) return spread.bounds(scene);
    const nodes = new Set<number>(options.selected);
    for (const e of options.selectedEdges) nodes.add(scene.from[e]!).add(scene.to[e]!);
    const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    const rect = new Float32Array(4);
    for (const n of nodes) {
      if (n < 0 || n >= scene.nodes || !scene.alive[n]) continue;
      rectOf(scene, clusters, this.spotOf(n), rect);
      bounds.left = Math.min(bounds.left, rect[0]!);
      bounds.top = Math.min(bounds.top, rect[1]!);
      bounds.right = Math.max(bounds.right, rect[0]! + rect[2]!);
      bounds.bottom = Math.max(bounds.bottom, rect[1]! + rect[3]!);
    }
    return bounds.left > bounds.right ? undefined : bounds;
  }

  /** Whether something that is shown lies out of sight. */
  outside(bounds = this.bounds()): boolean {
    const seen = this.window.bounds;
    return bounds.left < seen.left || bounds.top < seen.top || bounds.right > seen.right || bounds.bottom > seen.bottom;
  }

  clusterBounds(c: number): Bounds {
    const { left, top, width, height } = this.clusters;
    return { left: left[c]!, top: top[c]!, right: left[c]! + width[c]!, bottom: top[c]! + height[c]! };
  }

  /** Of a cluster, the member that needs a look first. */
  worstOf(c: number): number {
    return this.clusters.members[this.clusters.firsts[c]!]!;
  }

  spotOf(n: number): Spot {
    return this.drawn.state[n] === SHOWN || this.scene.cluster[n]! < 0 ? n : -1 - this.scene.cluster[n]!;
  }

  hitOf(spot: Spot | undefined): Hit {
    if (spot === undefined) return undefined;
    return spot >= 0 ? { on: 'node', n: spot } : { on: 'block', c: -1 - spot };
  }

  /** What is told of something on the map. */
  thing(what: Hit): Thing | undefined {
    if (!what) return undefined;
    if (what.on === 'node') return { what: 'node', n: what.n };
    const { drawn, clusters } = this;
    if (what.on === 'link') {
      const edge = drawn.edge[what.link]!;
      if (edge >= 0) return { what: 'edge', e: edge };
      const end = (code: number) => (code >= 0 ? { n: code } : { title: clusters.titles[-1 - code] ?? '' });
      return {
        what: 'bundle',
        from: end(drawn.from[what.link]!),
        to: end(drawn.to[what.link]!),
        edges: drawn.pairs[what.link]!,
        weight: drawn.weight[what.link]!,
        failing: drawn.failing[what.link]!,
      };
    }
    return {
      what: 'cluster',
      key: clusters.keys[what.c]!,
      title: clusters.titles[what.c] ?? '',
      count: clusters.size[what.c]!,
      health: [...clusters.health.subarray(what.c * 4, what.c * 4 + 4)] as [number, number, number, number],
      failing: drawn.failingWithin[what.c] ?? 0,
      collapsed: clusters.collapsed[what.c] === 1,
    };
  }
}
