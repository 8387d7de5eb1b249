// The map's engine: takes what the page says, keeps the scene, draws when something changed, and says what somebody pointed at. Runs in a worker, or beside
// the page where a worker cannot draw. It decides when; how things are placed, drawn and hit is in the modules beside it.
import { Format } from '../model/format';
import { Window, type Bounds } from './camera';
import { Clusters, COLLAPSE_ABOVE, REVEAL_SCALE } from './clusters';
import { Curves } from './curves';
import { Drawn, HIDDEN, SHOWN } from './drawn';
import { exportMap } from './export';
import { Gestures } from './gestures';
import { hit, middleOf, nearestTo, nextTo, type Hit, type Spot } from './hit';
import { Labels } from './labels';
import { Minimap } from './minimap';
import { Flight, Transition } from './motion';
import { drawOver, type Marks, type OverPen } from './overlay';
import type { Model } from './picture';
import { Places } from './places';
import type { FromEngine, Options, Size, Surface, Thing, ToEngine } from './protocol';
import { Scene } from './scene';
import { contextOf, portOf, Screen } from './screen';
import { Spread, SPREAD_MOST } from './spread';

export interface Surroundings {
  emit(message: FromEngine): void;
  makeSurface(width: number, height: number): Surface;
  frame(callback: () => void): void;
}

/** So few links show their flow all the time. */
const FEW_LINKS = 40;
const FLOW_EVERY_MS = 60;
/** A camera that rests so long is told. */
const SAY_AFTER_MS = 300;
const FIT_MARGIN = 24;
/** The settings lie over the upper border. */
const FIT_ABOVE = 40;
const FIT_SCALE = 1.25;
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

export class Engine {
  #scene = new Scene();
  #clusters = new Clusters();
  #drawn = new Drawn();
  #curves = new Curves();
  #places = new Places();
  #window = new Window();
  #labels = new Labels();
  #transition = new Transition();
  #flight = new Flight();
  #options = NOTHING;
  #screen: Screen | undefined;
  #over: ReturnType<typeof contextOf> | undefined;
  #mini: Minimap | undefined;
  #gestures: Gestures;
  #format = new Format('en');
  #model: Model;
  #spread: Spread | undefined;
  #marks: Marks = { hover: undefined, cursor: undefined, selected: [], selectedLinks: [], flowing: [] };
  #ratio = 1;
  /** Nobody has gone anywhere: all of the map is shown. */
  #auto = true;
  #stale = { places: false, drawn: false, weights: false, curves: false, base: true, over: true, mini: true };
  #onlyCamera = false;
  #movedAt = 0;
  #flowAt = 0;
  #asked = false;
  #frames = 0;
  #shown = true;
  #revealed = false;
  #first = true;
  #spreading = false;
  #whole = true;
  /** Something has been told of nodes, even if there are none: until then nothing can be said of what is drawn. */
  #told = false;
  #sayTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly around: Surroundings) {
    this.#model = {
      scene: this.#scene,
      clusters: this.#clusters,
      drawn: this.#drawn,
      curves: this.#curves,
      labels: this.#labels,
      look: undefined as unknown as Model['look'],
      colouring: 'health',
      framed: true,
      lit: undefined,
      say: (value) => this.#format.figure(value, this.#options.unit),
    };
    this.#gestures = new Gestures({
      hitAt: (x, y, touch) => this.#hitAt(x, y, touch ? 14 : 6),
      hover: (what, x, y) => this.#hover(what, x, y),
      click: (what) => this.#click(what),
      pan: (dx, dy) => this.#moveCamera(() => this.#window.panBy(dx, dy)),
      pinch: (x, y, factor) => this.#moveCamera(() => this.#window.zoomAt(x, y, factor)),
      drag: (what, dx, dy, end) => this.#drag(what, dx / this.#window.scale, dy / this.#window.scale, end),
      rest: () => undefined,
    });
  }

  take(message: ToEngine) {
    switch (message.type) {
      case 'start':
        this.#screen = new Screen(message.base, this.around.makeSurface);
        this.#over = contextOf(message.over, true);
        this.#mini = new Minimap(message.mini, this.around.makeSurface);
        this.#format = new Format(message.words.locale);
        this.#model.look = message.look;
        this.#resize(message.size);
        break;
      case 'change': {
        const arrived = this.#scene.change(message);
        this.#told = true;
        this.#stale.places = true;
        if (message.reset) this.#marks.hover = undefined;
        this.#restructure(arrived);
        break;
      }
      case 'figures':
        this.#scene.figures(message);
        // Who is ill may have changed, and with it what is shown.
        if (this.#options.onlyProblems) this.#stale.drawn = true;
        this.#stale.weights = this.#stale.base = this.#stale.mini = true;
        break;
      case 'options':
        this.#choose(message);
        break;
      case 'size':
        this.#resize(message);
        break;
      case 'look':
        this.#model.look = message.look;
        this.#stale.base = this.#stale.over = this.#stale.mini = true;
        break;
      case 'down':
        this.#flight.stop();
        this.#screen?.keepNow(this.#window);
        this.#gestures.down(message.at);
        break;
      case 'move':
        this.#gestures.move(message.at);
        break;
      case 'up':
        this.#gestures.up(message.at);
        break;
      case 'cancel':
        this.#gestures.cancel();
        break;
      case 'double': {
        const what = this.#hitAt(message.at.x, message.at.y, 6);
        if (what?.on === 'node') this.around.emit({ type: 'focus', n: what.n });
        break;
      }
      case 'leave':
        this.#hover(undefined, 0, 0);
        break;
      case 'wheel':
        this.#screen?.keepNow(this.#window);
        this.#moveCamera(() => {
          if (message.pan) this.#window.panBy(-message.dx, -message.dy);
          else this.#window.zoomAt(message.x, message.y, Math.exp(-Math.max(-60, Math.min(60, message.dy)) * 0.006));
        });
        break;
      case 'mini': {
        const [x, y] = this.#mini?.toMap(message.x, message.y) ?? [this.#window.x, this.#window.y];
        // On the way to somewhere, the overview changes where, and not how near.
        const { scale } = this.#flight.target ?? this.#window;
        this.#moveCamera(() => this.#window.set({ x, y, scale }));
        break;
      }
      case 'camera':
        this.#auto = !message.camera;
        if (message.camera) this.#flyTo(message.camera, this.#first);
        else this.#flyTo(this.#fitting(), this.#first);
        break;
      case 'fit':
        this.#auto = true;
        this.#flyTo(this.#fitting());
        this.around.emit({ type: 'camera', camera: undefined });
        break;
      case 'show':
        this.#settle(performance.now());
        this.#bringIntoView(this.#spotOf(message.n), true);
        break;
      case 'zoom':
        this.#moveCamera(() => this.#window.zoomAt(this.#window.width / 2, this.#window.height / 2, message.by));
        break;
      case 'pan':
        this.#moveCamera(() => this.#window.panBy(message.dx, message.dy));
        break;
      case 'walk':
        this.#walk(message.to);
        break;
      case 'cursor':
        this.#setCursor(message.n >= 0 ? this.#spotOf(message.n) : undefined);
        break;
      case 'enter':
        this.#click(this.#hitOf(this.#marks.cursor));
        break;
      case 'places':
        this.#places.dragged.clear();
        this.#places.draggedClusters.clear();
        message.n.forEach((n, at) => this.#places.dragged.set(n, { x: message.at[at * 2]!, y: message.at[at * 2 + 1]! }));
        for (const { key, x, y } of message.clusters) this.#places.draggedClusters.set(key, { x, y });
        this.#stale.places = true;
        break;
      case 'visible':
        this.#shown = message.shown;
        break;
      case 'export':
        this.#settle(performance.now());
        void exportMap(message.as, this.#model, this.#bounds(), this.#window.scale, this.around.makeSurface)
          .catch(() => undefined)
          .then((blob) => this.around.emit({ type: 'exported', id: message.id, blob }));
        break;
    }
    this.#ask();
  }

  #restructure(arrived: number[]) {
    this.#stale.places = true;
    // Who arrives stands where it belongs from the first picture on.
    if (arrived.length) {
      this.#settle(performance.now());
      for (const n of arrived) {
        this.#scene.x[n] = this.#scene.hx[n]!;
        this.#scene.y[n] = this.#scene.hy[n]!;
      }
      this.#stale.curves = true;
    }
  }

  #choose(options: Options) {
    const before = this.#options;
    this.#options = options;
    this.#model.colouring = options.colouring;
    if (before.arrangement !== options.arrangement || before.clustered !== options.clustered) this.#stale.places = true;
    if (before.focus !== options.focus) {
      this.#endSpread();
      this.#stale.places = true;
    }
    this.#stale.drawn = true;
  }

  #resize(size: Size) {
    this.#window.width = size.width;
    this.#window.height = size.height;
    this.#ratio = size.ratio;
    this.#screen?.resize(size.width, size.height, size.ratio);
    if (this.#over) {
      this.#over.canvas.width = Math.max(1, Math.round(size.width * size.ratio));
      this.#over.canvas.height = Math.max(1, Math.round(size.height * size.ratio));
    }
    this.#mini?.resize(size.miniWidth, size.miniHeight, size.ratio);
    if (this.#auto && !this.#first) this.#window.set(this.#fitting());
    this.#stale.base = this.#stale.over = this.#stale.mini = true;
    // A canvas that was resized is empty: it is drawn at once, not with the next frame.
    if (!this.#first) this.#draw(performance.now());
  }

  /** Brings everything that is derived up to date, in its order. */
  #settle(now: number) {
    const stale = this.#stale;
    if (stale.places) {
      this.#clusters.assign(this.#scene, this.#options.clustered);
      this.#places.arrange(this.#scene, this.#clusters, this.#options.arrangement, this.#window.width / Math.max(1, this.#window.height));
      if (!this.#first && !this.#spread) this.#transition.begin(this.#scene, now, this.#options.reducedMotion);
      else if (!this.#spread) this.#transition.end(this.#scene);
      stale.places = false;
      stale.drawn = true;
    }
    if (stale.drawn) {
      this.#join(now);
      stale.drawn = stale.weights = false;
      stale.curves = stale.base = stale.over = stale.mini = true;
      this.#onlyCamera = false;
    } else if (stale.weights) {
      this.#clusters.sumUp(this.#scene, (n) => this.#drawn.state[n] !== HIDDEN);
      this.#drawn.weigh(this.#scene);
      stale.weights = false;
      stale.over = true;
      this.#onlyCamera = false;
    }
    if (stale.curves) {
      this.#curves.lay(this.#scene, this.#clusters, this.#drawn);
      stale.curves = false;
      stale.base = stale.over = true;
      this.#onlyCamera = false;
    }
  }

  #join(now: number) {
    const { focus, onlyProblems, hidden, folded, open, arrangement } = this.#options;
    const scene = this.#scene;
    let only: Set<number> | undefined;
    if (focus >= 0 && focus < scene.nodes && scene.alive[focus]) {
      only = scene.neighbours(focus);
      only.add(focus);
    }
    this.#drawn.choose(scene, { onlyProblems, hidden, folded, only });
    this.#clusters.sumUp(scene, (n) => this.#drawn.state[n] !== HIDDEN);
    this.#revealed = this.#window.scale >= REVEAL_SCALE;
    const large = this.#drawn.shown > COLLAPSE_ABOVE;
    const apart = only !== undefined && only.size <= SPREAD_MOST;
    if (apart) this.#clusters.collapsed.fill(0);
    else this.#clusters.collapse(large, open, this.#revealed);
    this.#model.framed = !apart && this.#places.framed(scene, arrangement);
    this.#drawn.join(scene, this.#clusters);
    if (apart && !this.#spread) this.#beginSpread(focus, [...only!]);
    this.#light();
    if (this.#told)
      this.around.emit({
        type: 'stats',
        nodes: scene.count,
        drawn: this.#drawn.shown,
        clusters: this.#clusters.size.reduce((sum, size) => sum + (size ? 1 : 0), 0),
        collapsed: this.#clusters.collapsed.reduce((sum, one, c) => sum + (one && this.#clusters.size[c] ? 1 : 0), 0),
        draw: this.#screen?.cost ?? 0,
        frames: this.#frames,
      });
    if (this.#first && scene.count) {
      this.#first = false;
      if (this.#auto) this.#window.set(this.#fitting());
    } else if (this.#auto && !this.#flight.flying && this.#outside())
      this.#flight.begin(this.#window, this.#fitting(), now, this.#options.reducedMotion);
  }

  #light() {
    const scene = this.#scene;
    const drawn = this.#drawn;
    const selected = [...this.#options.selected].filter((n) => n >= 0 && n < scene.nodes && drawn.state[n] !== HIDDEN);
    const edges = [...this.#options.selectedEdges].filter((e) => e >= 0 && e < scene.edges && scene.edgeAlive[e]);
    this.#marks.selected = selected;
    this.#marks.selectedLinks = edges.map((e) => drawn.linkOf[e]!).filter((link) => link >= 0);
    const nodes = new Set(selected);
    const links = new Set(this.#marks.selectedLinks);
    for (const e of edges) nodes.add(scene.from[e]!).add(scene.to[e]!);
    if (selected.length) {
      const chosen = new Set(selected);
      for (let e = 0; e < scene.edges; e++) {
        if (!scene.edgeAlive[e] || (!chosen.has(scene.from[e]!) && !chosen.has(scene.to[e]!))) continue;
        nodes.add(scene.from[e]!).add(scene.to[e]!);
        if (drawn.linkOf[e]! >= 0) links.add(drawn.linkOf[e]!);
      }
    }
    this.#model.lit = nodes.size ? { nodes, links } : undefined;
    this.#marks.flowing = drawn.links <= FEW_LINKS ? [...Array(drawn.links).keys()] : [];
  }

  #beginSpread(focus: number, nodes: number[]) {
    this.#transition.running = false;
    this.#spread = new Spread(this.#scene, focus, nodes);
    // Without motion it is there at once.
    if (this.#options.reducedMotion) {
      this.#spread.step(this.#scene, 120);
      this.#curves.lay(this.#scene, this.#clusters, this.#drawn);
    }
  }

  #endSpread() {
    this.#spread = undefined;
  }

  #ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.around.frame(() => {
      this.#asked = false;
      // The frame's own time may have another beginning than this clock.
      this.#frame(performance.now());
    });
  }

  #frame(now: number) {
    if (!this.#screen || !this.#model.look) return;
    if (this.#transition.running) {
      this.#transition.step(this.#scene, now);
      this.#stale.curves = true;
    }
    if (this.#spread && !this.#options.reducedMotion) {
      const moving = this.#spread.step(this.#scene);
      this.#stale.curves = true;
      if (this.#auto) this.#window.set(this.#follow());
      if (!moving) this.#stale.mini = true;
      this.#spreading = moving;
    }
    if (this.#flight.flying) {
      this.#flight.step(this.#window, now);
      this.#cameraMoved();
    }
    this.#draw(now);
    const flows = this.#flows();
    if (this.#transition.running || this.#flight.flying || this.#spreading || this.#screen.rough) this.#ask();
    else if (flows) setTimeout(() => this.#ask(), FLOW_EVERY_MS);
  }

  #draw(now: number) {
    if (!this.#screen || !this.#over || !this.#model.look) return;
    this.#settle(now);
    const moving = this.#onlyCamera;
    if (this.#screen.rested(this.#movedAt, now) && !this.#gestures.busy) this.#stale.base = true;
    if (this.#stale.base) {
      const rest = now - this.#movedAt > 80 && !this.#flight.flying;
      this.#screen.draw(this.#window, this.#model, moving && !rest, now);
      this.#frames += 1;
    }
    if (this.#stale.over || this.#flows()) this.#drawOver(now);
    if (this.#stale.mini || this.#stale.over) {
      if (this.#stale.mini) this.#mini?.change();
      const bounds = this.#bounds();
      this.#mini?.draw(this.#window, this.#model, bounds);
      const whole = !this.#outside(bounds);
      if (whole !== this.#whole) this.around.emit({ type: 'whole', whole });
      this.#whole = whole;
    }
    this.#stale.base = this.#stale.over = this.#stale.mini = false;
    this.#onlyCamera = true;
  }

  #flows(): boolean {
    if (this.#options.reducedMotion || !this.#shown) return false;
    const { hover, flowing, selectedLinks } = this.#marks;
    return (
      flowing.length > 0 ||
      selectedLinks.length > 0 ||
      (this.#model.lit?.links.size ?? 0) > 0 ||
      (hover !== undefined && hover.on !== 'title')
    );
  }

  #drawOver(now: number) {
    const pen = this.#over!;
    pen.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    pen.clearRect(0, 0, this.#window.width, this.#window.height);
    if (this.#flows()) this.#flowAt = now;
    drawOver(pen as OverPen, portOf(this.#window), this.#model, this.#marks, this.#options.reducedMotion ? undefined : this.#flowAt);
  }

  #hitAt(x: number, y: number, near: number): Hit {
    return hit({ ...this.#model }, this.#window.toMapX(x), this.#window.toMapY(y), near / this.#window.scale);
  }

  #hover(what: Hit, x: number, y: number) {
    const before = this.#marks.hover;
    this.#marks.hover = what;
    if (JSON.stringify(before) !== JSON.stringify(what)) {
      this.#stale.over = true;
      this.around.emit({ type: 'grab', shape: what ? 'pointer' : 'default' });
      this.around.emit({ type: 'hover', thing: this.#thing(what), x, y });
    }
  }

  #click(what: Hit) {
    if (what?.on === 'block') this.#toggle(what.c, true);
    else if (what?.on === 'title') this.#toggle(what.c, false);
    else if (what?.on === 'link' && this.#drawn.edge[what.link]! < 0) {
      // A bundle opens into what it is made of.
      for (const end of [this.#drawn.from[what.link]!, this.#drawn.to[what.link]!]) if (end < 0) this.#toggle(-1 - end, true);
    } else {
      this.#marks.cursor = what?.on === 'node' && this.#marks.cursor !== undefined ? what.n : this.#marks.cursor;
      this.around.emit({ type: 'select', thing: this.#thing(what) });
    }
  }

  #toggle(c: number, open: boolean) {
    this.around.emit({ type: 'toggle', key: this.#clusters.keys[c]!, open });
    if (!open) return;
    // What was opened is looked at: as large as it can be read, and whole where it can.
    const bounds = {
      left: this.#clusters.left[c]!,
      top: this.#clusters.top[c]!,
      right: this.#clusters.left[c]! + this.#clusters.width[c]!,
      bottom: this.#clusters.top[c]! + this.#clusters.height[c]!,
    };
    const camera = this.#window.fitting(bounds, 40, 1.1, FIT_ABOVE);
    if (camera.scale > this.#window.scale) {
      this.#auto = false;
      this.#flyTo(camera);
      this.around.emit({ type: 'camera', camera });
    }
  }

  #drag(what: NonNullable<Hit>, dx: number, dy: number, end: boolean) {
    const scene = this.#scene;
    if (what.on === 'node') {
      scene.hx[what.n] = scene.x[what.n] = scene.x[what.n]! + dx;
      scene.hy[what.n] = scene.y[what.n] = scene.y[what.n]! + dy;
      this.#places.dragged.set(what.n, { x: scene.x[what.n]!, y: scene.y[what.n]! });
      if (end) {
        this.#stale.places = true;
        if (!this.#spread) this.around.emit({ type: 'dragged', n: what.n, x: scene.x[what.n]!, y: scene.y[what.n]! });
      }
    } else if (what.on !== 'link') {
      const key = this.#clusters.keys[what.c]!;
      const way = this.#places.draggedClusters.get(key) ?? { x: 0, y: 0 };
      const moved = { x: way.x + dx, y: way.y + dy };
      this.#places.draggedClusters.set(key, moved);
      for (let n = 0; n < scene.nodes; n++) {
        if (scene.cluster[n] !== what.c) continue;
        scene.hx[n]! += dx;
        scene.hy[n]! += dy;
        scene.x[n] = scene.hx[n]!;
        scene.y[n] = scene.hy[n]!;
      }
      this.#clusters.left[what.c]! += dx;
      this.#clusters.top[what.c]! += dy;
      if (end) this.around.emit({ type: 'draggedCluster', key, ...moved });
    }
    this.#stale.curves = this.#stale.mini = true;
    this.around.emit({ type: 'grab', shape: end ? 'pointer' : 'grabbing' });
  }

  #walk(to: 'left' | 'right' | 'up' | 'down') {
    this.#settle(performance.now());
    const ground = this.#model;
    const from = this.#marks.cursor ?? this.#marks.selected.at(-1);
    const next = from === undefined ? nearestTo(ground, this.#window.x, this.#window.y) : nextTo(ground, from, to);
    if (next !== undefined) this.#setCursor(next);
  }

  #setCursor(spot: Spot | undefined) {
    this.#marks.cursor = spot;
    this.#stale.over = true;
    if (spot !== undefined) this.#bringIntoView(spot, false);
    this.around.emit({ type: 'cursor', thing: this.#thing(this.#hitOf(spot)) });
  }

  #spotOf(n: number): Spot {
    return this.#drawn.state[n] === SHOWN || this.#scene.cluster[n]! < 0 ? n : -1 - this.#scene.cluster[n]!;
  }

  #hitOf(spot: Spot | undefined): Hit {
    if (spot === undefined) return undefined;
    return spot >= 0 ? { on: 'node', n: spot } : { on: 'block', c: -1 - spot };
  }

  #bringIntoView(spot: Spot, middle: boolean) {
    const [x, y] = middleOf(this.#model, spot);
    const seen = this.#window.bounds;
    const edge = 60 / this.#window.scale;
    const inside = x > seen.left + edge && x < seen.right - edge && y > seen.top + edge && y < seen.bottom - edge;
    if (inside) return;
    this.#auto = false;
    const scale = middle ? Math.max(this.#window.scale, 0.5) : this.#window.scale;
    this.#flyTo({ x, y, scale });
    this.around.emit({ type: 'camera', camera: { x, y, scale } });
  }

  #thing(what: Hit): Thing | undefined {
    if (!what) return undefined;
    if (what.on === 'node') return { what: 'node', n: what.n };
    if (what.on === 'link') {
      const { drawn } = this.#model;
      const edge = drawn.edge[what.link]!;
      if (edge >= 0) return { what: 'edge', e: edge };
      const end = (code: number) => (code >= 0 ? { n: code } : { title: this.#clusters.titles[-1 - code] ?? '' });
      return {
        what: 'bundle',
        from: end(drawn.from[what.link]!),
        to: end(drawn.to[what.link]!),
        edges: drawn.pairs[what.link]!,
        weight: drawn.weight[what.link]!,
        failing: drawn.failing[what.link]!,
      };
    }
    const { clusters } = this.#model;
    return {
      what: 'cluster',
      key: clusters.keys[what.c]!,
      title: clusters.titles[what.c] ?? '',
      count: clusters.size[what.c]!,
      health: [...clusters.health.subarray(what.c * 4, what.c * 4 + 4)] as [number, number, number, number],
      collapsed: clusters.collapsed[what.c] === 1,
    };
  }

  #moveCamera(move: () => void) {
    this.#flight.stop();
    this.#auto = false;
    move();
    this.#cameraMoved();
    clearTimeout(this.#sayTimer);
    this.#sayTimer = setTimeout(() => this.around.emit({ type: 'camera', camera: this.#window.camera }), SAY_AFTER_MS);
  }

  #cameraMoved() {
    this.#movedAt = performance.now();
    this.#stale.base = this.#stale.over = true;
    if (this.#window.scale >= REVEAL_SCALE !== this.#revealed) this.#stale.drawn = true;
  }

  #flyTo(camera: { x: number; y: number; scale: number }, now = false) {
    this.#screen?.keepNow(this.#window);
    this.#flight.begin(this.#window, camera, performance.now(), now || this.#options.reducedMotion);
    this.#cameraMoved();
  }

  #follow() {
    const wanted = this.#fitting();
    const here = this.#window.camera;
    return {
      x: here.x + (wanted.x - here.x) * 0.15,
      y: here.y + (wanted.y - here.y) * 0.15,
      scale: here.scale * Math.pow(wanted.scale / here.scale, 0.15),
    };
  }

  #fitting() {
    return this.#window.fitting(this.#bounds(), FIT_MARGIN, FIT_SCALE, FIT_ABOVE);
  }

  /** Around everything that is shown. */
  #bounds(): Bounds {
    const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    const put = (x: number, y: number, w: number, h: number) => {
      bounds.left = Math.min(bounds.left, x);
      bounds.top = Math.min(bounds.top, y);
      bounds.right = Math.max(bounds.right, x + w);
      bounds.bottom = Math.max(bounds.bottom, y + h);
    };
    const { scene, clusters, drawn } = this.#model;
    const [xs, ys] = this.#spread ? [scene.x, scene.y] : [scene.hx, scene.hy];
    for (let n = 0; n < scene.nodes; n++) if (drawn.state[n] !== HIDDEN) put(xs[n]!, ys[n]!, scene.w[n]!, scene.h[n]!);
    if (this.#model.framed || clusters.collapsed.includes(1)) {
      for (let c = 0; c < clusters.count; c++)
        if (clusters.size[c]) put(clusters.left[c]!, clusters.top[c]!, clusters.width[c]!, clusters.height[c]!);
    }
    return bounds.left > bounds.right ? { left: 0, top: 0, right: 1000, bottom: 600 } : bounds;
  }

  /** Whether something that is shown lies out of sight. */
  #outside(bounds = this.#bounds()): boolean {
    const seen = this.#window.bounds;
    return bounds.left < seen.left || bounds.top < seen.top || bounds.right > seen.right || bounds.bottom > seen.bottom;
  }
}
