// One map on the page: keeps the engine told of the view and of the place, and turns what the engine says into state and into steps to other places. No
// drawing, no markup.
import { format } from '../model/format';
import type { Place } from '../model/place';
import { catalogue } from '../state/catalogue.svelte';
import type { LiveView } from '../state/live-view.svelte';
import { navigator } from '../state/navigator.svelte';
import { clusterOf } from './cluster-key';
import { CONNECTIONS, Encoder, memoryOf, NETWORK } from './encode';
import { startEngine, type Canvases, type Host } from './host';
import type { Command } from './keys';
import { PlaceKeeper } from './kept-places';
import { readLook } from './look';
import type { Change, Figures, FromEngine, Options, Size, Thing, ToEngine } from './protocol';

export interface Stats {
  nodes: number;
  drawn: number;
  clusters: number;
  collapsed: number;
  /** Of what is chosen, so many stand around it. */
  spread: number;
}

/** What happens to a map as a whole. */
export interface Fate {
  /** Nothing is drawn any more. `drew` says whether anything ever was. */
  failed(why: string, drew: boolean): void;
}

export class MapSession {
  hover = $state.raw<{ thing: Thing; x: number; y: number } | undefined>();
  cursor = $state.raw<Thing | undefined>();
  shape = $state<'default' | 'pointer' | 'grabbing'>('default');
  /** Of what is drawn; absent until something has been. */
  stats = $state.raw<Stats | undefined>();
  /** All of the map is in sight. */
  whole = $state(true);
  /** How much was dragged, and can be put back. */
  dragged = $state(0);
  #host: Host | undefined;
  #encoder: Encoder;
  #keeper: PlaceKeeper | undefined;
  #unlisten: () => void;
  #sent = '';
  /** The engine was told of places that were dragged to. */
  #placed = false;
  #pinned = '';
  #options = '';
  #camera = '';
  /** Whose panel is on top; absent until the engine was told of any. */
  #top: string | undefined;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
  #exports = new Map<number, (blob: Blob | undefined) => void>();
  #nextExport = 1;

  constructor(readonly view: LiveView) {
    this.#encoder = new Encoder(view.graph);
    this.#unlisten = view.listen((applied) => {
      if (!this.#host) return;
      const { change, figures } = this.#encoder.changed(applied);
      // Places come first: what was dragged arrives where it was dragged to.
      if (change?.nodes) this.#sendPlaces();
      if (change) this.#send(change);
      if (figures) this.#send(figures);
    });
  }

  start(canvases: Canvases, size: Size, threaded: boolean, { failed }: Fate) {
    this.#host = startEngine(
      canvases,
      { size, look: readLook(document.documentElement), words: { locale: format.locale } },
      { hear: (message) => this.#hear(message), failed: (why) => failed(why, this.stats !== undefined) },
      threaded,
    );
    const { camera } = navigator.place;
    if (camera) {
      this.#camera = JSON.stringify(camera);
      this.post({ type: 'camera', camera });
    }
  }

  end() {
    this.#unlisten();
    this.#host?.end();
    this.#host = undefined;
  }

  /** Whether it is drawn beside the page, which then has less time for itself. */
  get threaded(): boolean {
    return this.#host?.threaded ?? true;
  }

  post(message: ToEngine) {
    this.#host?.post(message);
  }

  relook() {
    this.post({ type: 'look', look: readLook(document.documentElement) });
  }

  /** Tells the engine what the place says. */
  follow(place: Place, reducedMotion: boolean) {
    const { graph } = this.view;
    this.view.want([place.metric]);
    const keeping = JSON.stringify([place.view, place.arrangement, place.clusterBy]);
    const pinned = JSON.stringify([place.metric, place.edgeWidth]);
    const others = this.#encoder.choose(place.clusterBy, place.metric, place.edgeWidth);
    if (this.#sent !== keeping || others) {
      this.#keeper = new PlaceKeeper(place.view, place.arrangement, place.clusterBy, storage());
      this.dragged = this.#keeper.count;
    }
    const numbers = (ids: string[]) => ids.map((id) => graph.byId.get(id)).filter((n) => n !== undefined);
    const nodes = place.selection.filter((id) => !id.startsWith('edge:'));
    this.#choose({
      type: 'options',
      arrangement: place.arrangement,
      clustered: place.clusterBy !== '',
      open: place.open,
      colouring: place.colouring,
      onlyProblems: place.onlyProblems,
      hidden: Uint32Array.from(numbers(place.hide.filter((id) => !id.startsWith('~')))),
      folded: Uint32Array.from(numbers(place.hide.filter((id) => id.startsWith('~')).map((id) => id.slice(1)))),
      focus: graph.byId.get(place.focus) ?? -1,
      selected: Int32Array.from(numbers(nodes.slice(-1))),
      selectedEdges: Int32Array.from(this.#edgesOf(place.selection.at(-1) ?? '')),
      unit: this.unit(place.metric),
      reducedMotion,
    });
    const top = place.selection.at(-1) ?? '';
    // Somebody chose it: whatever of it lies beyond the border comes into sight. A link says itself where to look.
    if (top && this.#top !== undefined && top !== this.#top) this.post({ type: 'reach' });
    this.#top = top;
    if (this.#sent !== keeping) this.#sendPlaces();
    if (others || !this.#sent) {
      const { change, figures } = this.#encoder.all(!this.#sent);
      if (this.view.loaded) {
        this.#send(change);
        this.#send(figures);
      }
    } else if (this.#pinned !== pinned) this.#send(this.#encoder.figures());
    this.#pinned = pinned;
    this.#sent = keeping;
  }

  followCamera(camera: Place['camera']) {
    const text = camera ? JSON.stringify(camera) : '';
    if (text === this.#camera) return;
    this.#camera = text;
    this.post({ type: 'camera', camera });
  }

  unit(metric: string): string {
    if (metric === CONNECTIONS) return 'count';
    if (metric === NETWORK) return 'bytes_per_second';
    return catalogue.fields.get(metric)?.unit ?? 'number';
  }

  resetPlaces() {
    this.#keeper?.reset();
    this.dragged = 0;
    this.#sendPlaces();
  }

  picture(as: 'svg' | 'png'): Promise<Blob | undefined> {
    const id = this.#nextExport++;
    return new Promise((resolve) => {
      this.#exports.set(id, resolve);
      this.post({ type: 'export', id, as });
    });
  }

  /** The id that an edge has in a place. */
  edgeId(e: number): string | undefined {
    const { graph } = this.view;
    const edge = graph.edges.get(e);
    const from = edge && graph.nodes.get(edge.from);
    const to = edge && graph.nodes.get(edge.to);
    return from && to ? `edge:${from.id}>${to.id}` : undefined;
  }

  #edgesOf(id: string): number[] {
    if (!id.startsWith('edge:')) return [];
    const { graph } = this.view;
    for (let at = id.indexOf('>'); at > 0; at = id.indexOf('>', at + 1)) {
      const from = graph.byId.get(id.slice('edge:'.length, at));
      const to = graph.byId.get(id.slice(at + 1));
      if (from === undefined || to === undefined) continue;
      for (const e of graph.edgesOf(from)) if (graph.edges.get(e)?.to === to && graph.edges.get(e)?.from === from) return [e];
    }
    return [];
  }

  #send(message: Change | Figures) {
    // Whoever was chosen has another number now.
    if (message.type === 'change' && message.reset) this.#options = '';
    this.#host?.post(message, memoryOf(message));
  }

  /** With each change of structure numbers may be others, and mostly are not: the engine goes through all of the map for it. */
  #choose(options: Options) {
    const text = JSON.stringify(options);
    if (text === this.#options) return;
    this.#options = text;
    this.post(options);
  }

  #sendPlaces() {
    const places = this.#keeper?.places;
    if (!places) return;
    const clusters = Object.entries(places.clusters).map(([key, [x, y]]) => ({ key, x, y }));
    // Most never drag anything.
    const any = clusters.length > 0 || Object.keys(places.nodes).length > 0;
    if (!any && !this.#placed) return;
    this.#placed = any;
    const found = Object.entries(places.nodes).flatMap(([id, at]) => {
      const n = this.view.graph.byId.get(id);
      return n === undefined ? [] : [{ n, at }];
    });
    this.post({
      type: 'places',
      n: Uint32Array.from(found, ({ n }) => n),
      at: Float32Array.from(found.flatMap(({ at }) => at)),
      clusters,
    });
  }

  #hear(message: FromEngine) {
    const { graph } = this.view;
    const id = (n: number) => graph.nodes.get(n)?.id;
    switch (message.type) {
      case 'hover':
        this.hover = message.thing && { thing: message.thing, x: message.x, y: message.y };
        break;
      case 'cursor':
        this.cursor = message.thing;
        break;
      case 'grab':
        this.shape = message.shape;
        break;
      case 'select':
        this.#select(message.thing);
        break;
      case 'focus':
        void navigator.go({ focus: id(message.n) ?? '', camera: undefined });
        break;
      case 'toggle':
        void this.toggle(message.key, message.open);
        break;
      case 'camera': {
        const { camera } = message;
        const rounded = camera && {
          x: Math.round(camera.x * 10) / 10,
          y: Math.round(camera.y * 10) / 10,
          scale: Number(camera.scale.toPrecision(4)),
        };
        this.#camera = rounded ? JSON.stringify(rounded) : '';
        // Not where somebody is on the way to another view.
        if (navigator.ahead.view === this.view.question.view) void navigator.go({ camera: rounded }, true);
        break;
      }
      case 'dragged': {
        const dragged = id(message.n);
        if (dragged) this.#keeper?.drag(dragged, message.x, message.y);
        this.dragged = this.#keeper?.count ?? 0;
        break;
      }
      case 'draggedCluster':
        this.#keeper?.dragCluster(message.key, message.x, message.y);
        this.dragged = this.#keeper?.count ?? 0;
        break;
      case 'stats':
        this.stats = message;
        this.view.part = message.only;
        break;
      case 'whole':
        this.whole = message.whole;
        break;
      case 'exported':
        this.#exports.get(message.id)?.(message.blob);
        this.#exports.delete(message.id);
        break;
    }
  }

  toggle(key: string, open: boolean) {
    const rest = navigator.ahead.open.filter((one) => one !== key && one !== `-${key}`);
    const closed = !open;
    return navigator.go({ open: [...rest, closed ? `-${key}` : key] });
  }

  /** All clusters as somebody asked: the keys are those that differ from what the map's size says. */
  openAll(open: boolean) {
    const keys = this.#clusterKeys().filter((key, at, all) => all.indexOf(key) === at);
    return navigator.go({ open: keys.slice(0, 100).map((key) => (open ? key : `-${key}`)) });
  }

  #clusterKeys(): string[] {
    const { graph } = this.view;
    const by = navigator.place.clusterBy;
    if (!by) return graph.areas.map((area) => area.title);
    const keys: Record<string, true> = {};
    for (const node of graph.nodes.values()) {
      const key = clusterOf(node, by)?.key;
      if (key !== undefined) keys[key] = true;
    }
    return Object.keys(keys);
  }

  /** Does what a key asks for. Yields whether there was anything to do. */
  run(command: Command): boolean {
    const place = navigator.ahead;
    const chosen =
      this.cursor?.what === 'node'
        ? this.view.graph.nodes.get(this.cursor.n)?.id
        : place.selection.findLast((id) => !id.startsWith('edge:'));
    switch (command.do) {
      case 'walk':
        this.post({ type: 'walk', to: command.to });
        return true;
      case 'pan':
        this.post({ type: 'pan', dx: command.dx, dy: command.dy });
        return true;
      case 'zoom':
        this.post({ type: 'zoom', by: command.by });
        return true;
      case 'fit':
        this.post({ type: 'fit' });
        return true;
      case 'open':
        this.post({ type: 'enter' });
        return true;
      case 'back':
        if (this.cursor) {
          // At once: the engine says so too, but the next key may come before.
          this.cursor = undefined;
          this.post({ type: 'cursor', n: -1 });
        } else if (place.focus && !place.selection.length) void navigator.go({ focus: '', camera: undefined });
        else return false;
        return true;
      case 'focus':
        if (!chosen && !place.focus) return false;
        void navigator.go({ focus: place.focus === chosen || !chosen ? '' : chosen, camera: undefined });
        return true;
      case 'arrangement':
        void navigator.go({ arrangement: place.arrangement === 'force' ? 'layers' : 'force', camera: undefined });
        return true;
      case 'colour':
        void navigator.go({ colouring: place.colouring === 'health' ? 'kind' : 'health' });
        return true;
      case 'hide':
      case 'fold': {
        if (!chosen) return false;
        const entry = command.do === 'hide' ? chosen : `~${chosen}`;
        void navigator.go({ hide: place.hide.includes(entry) ? place.hide.filter((id) => id !== entry) : [...place.hide, entry] });
        return true;
      }
    }
  }

  #select(thing: Thing | undefined) {
    if (!thing) {
      if (navigator.ahead.selection.length) void navigator.go({ selection: [] });
      return;
    }
    const id = thing.what === 'node' ? this.view.graph.nodes.get(thing.n)?.id : thing.what === 'edge' ? this.edgeId(thing.e) : undefined;
    if (id) void navigator.select(id);
  }
}

function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
