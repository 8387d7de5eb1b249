// What pointers and the keyboard's cursor do to what they are on: hovering, clicking, dragging, walking. What a gesture is, and what is at a point, is in the
// modules beside it.
import { HIDDEN } from './drawn';
import { Gestures } from './gestures';
import { hit, isAt, nearestTo, nextTo, type Hit, type Spot } from './hit';
import type { Pilot } from './pilot';
import type { Direction } from './protocol';
import type { Stage } from './stage';

const NEAR_PX = 6;
/** A finger is wider than what it points at. */
const FINGER_PX = 14;

export class Pointing {
  readonly gestures: Gestures;
  /** Where the pointer is, in pixels. */
  #x = 0;
  #y = 0;

  constructor(
    private readonly stage: Stage,
    private readonly pilot: Pilot,
  ) {
    const { window } = stage;
    this.gestures = new Gestures({
      hitAt: (x, y, touch) => this.at(x, y, touch),
      hover: (what, x, y) => this.hover(what, x, y),
      click: (what) => this.#click(what),
      pan: (dx, dy) => pilot.move(() => window.panBy(dx, dy)),
      pinch: (x, y, factor) => pilot.move(() => window.zoomAt(x, y, factor)),
      drag: (what, dx, dy, end) => {
        // Where the few stand that are left is no place of theirs: the map moves.
        if (stage.options.onlyProblems && !stage.spread) pilot.move(() => window.panBy(dx, dy));
        else this.#drag(what, dx / window.scale, dy / window.scale, end);
      },
    });
  }

  at(x: number, y: number, touch = false): Hit {
    const { model, window } = this.stage;
    return hit(model, window.toMapX(x), window.toMapY(y), (touch ? FINGER_PX : NEAR_PX) / window.scale);
  }

  /** Takes note of where the pointer is. */
  point(x: number, y: number) {
    this.#x = x;
    this.#y = y;
  }

  /** What the pointer was on may have gone from under it: hidden, or moved by keys. Nothing is said of it then, nor of what came instead: nobody pointed there. */
  review() {
    const { marks, model, window, drawn } = this.stage;
    const { hover, cursor } = marks;
    if (hover && !isAt(model, hover, window.toMapX(this.#x), window.toMapY(this.#y), FINGER_PX / window.scale)) this.hover(undefined, 0, 0);
    if (cursor !== undefined && cursor >= 0 && drawn.state[cursor] === HIDDEN) this.moveCursor(undefined);
  }

  hover(what: Hit, x: number, y: number) {
    const { marks, stale, emit } = this.stage;
    if (same(marks.hover, what)) return;
    marks.hover = what;
    stale.over = true;
    emit({ type: 'grab', shape: what ? 'pointer' : 'default' });
    emit({ type: 'hover', thing: this.stage.thing(what), x, y });
  }

  /** Does to what the cursor is on as a click does. */
  enter() {
    this.#click(this.stage.hitOf(this.stage.marks.cursor));
  }

  walk(to: Direction) {
    const { marks, model, window } = this.stage;
    const from = marks.cursor ?? marks.selected.at(-1);
    const next = from === undefined ? nearestTo(model, window.x, window.y) : nextTo(model, from, to);
    if (next !== undefined) this.moveCursor(next);
  }

  moveCursor(spot: Spot | undefined) {
    const { stage } = this;
    stage.marks.cursor = spot;
    stage.stale.over = true;
    if (spot !== undefined) this.pilot.bringIntoView(spot, false);
    stage.emit({ type: 'cursor', thing: stage.thing(stage.hitOf(spot)) });
  }

  #click(what: Hit) {
    const { marks, drawn, emit } = this.stage;
    if (what?.on === 'block') this.#toggle(what.c, true);
    else if (what?.on === 'title') this.#toggle(what.c, false);
    else if (what?.on === 'link' && drawn.edge[what.link]! < 0) {
      // A bundle opens into what it is made of.
      for (const end of [drawn.from[what.link]!, drawn.to[what.link]!]) if (end < 0) this.#toggle(-1 - end, true);
    } else {
      if (what?.on === 'node' && marks.cursor !== undefined) marks.cursor = what.n;
      emit({ type: 'select', thing: this.stage.thing(what) });
    }
  }

  #toggle(c: number, open: boolean) {
    this.stage.emit({ type: 'toggle', key: this.stage.clusters.keys[c]!, open });
    if (open) this.pilot.open(c);
  }

  #drag(what: NonNullable<Hit>, dx: number, dy: number, end: boolean) {
    const { stale, emit } = this.stage;
    if (what.on === 'node') this.#dragNode(what.n, dx, dy, end);
    else if (what.on !== 'link') this.#dragCluster(what.c, dx, dy, end);
    stale.curves = stale.mini = true;
    this.stage.dragging = !end;
    emit({ type: 'grab', shape: end ? 'pointer' : 'grabbing' });
  }

  #dragNode(n: number, dx: number, dy: number, end: boolean) {
    const { scene, spread, places, stale, emit } = this.stage;
    if (spread?.has(n)) {
      spread.drag(scene, n, dx, dy);
      return;
    }
    scene.hx[n] = scene.x[n] = scene.x[n]! + dx;
    scene.hy[n] = scene.y[n] = scene.y[n]! + dy;
    places.dragged.set(n, { x: scene.x[n]!, y: scene.y[n]! });
    if (!end) return;
    stale.places = true;
    emit({ type: 'dragged', n, x: scene.x[n]!, y: scene.y[n]! });
  }

  #dragCluster(c: number, dx: number, dy: number, end: boolean) {
    const { scene, clusters, places, spread, emit } = this.stage;
    const key = clusters.keys[c]!;
    const way = places.draggedClusters.get(key) ?? { x: 0, y: 0 };
    const moved = { x: way.x + dx, y: way.y + dy };
    places.draggedClusters.set(key, moved);
    for (let n = 0; n < scene.nodes; n++) {
      if (scene.cluster[n] !== c) continue;
      scene.hx[n]! += dx;
      scene.hy[n]! += dy;
      if (spread?.has(n)) continue;
      scene.x[n] = scene.hx[n]!;
      scene.y[n] = scene.hy[n]!;
    }
    clusters.left[c]! += dx;
    clusters.top[c]! += dy;
    if (end) emit({ type: 'draggedCluster', key, ...moved });
  }
}

function same(a: Hit, b: Hit): boolean {
  if (!a || !b) return a === b;
  if (a.on === 'node') return b.on === 'node' && a.n === b.n;
  if (a.on === 'link') return b.on === 'link' && a.link === b.link;
  return b.on === a.on && a.c === b.c;
}
