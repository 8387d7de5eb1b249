// Where the camera goes: by hand, to a place that was asked for, and by itself as long as nobody has taken it. Knows the window and the stage; draws nothing.
import type { Camera } from '../model/place';
import type { Bounds } from './camera';
import { REVEAL_SCALE } from './clusters';
import { PORTRAIT } from './places';
import { HIDDEN } from './drawn';
import { lonersAreNamed } from './draw-nodes';
import { middleOf, type Spot } from './hit';
import { Flight } from './motion';
import type { Stage } from './stage';

/** A camera that rests so long is told. */
const SAY_AFTER_MS = 300;
const MARGIN = 24;
/** The settings lie over the upper border. */
const ABOVE = 40;
/** The legend lies over the lower one. */
const BELOW = 16;
const MOST_SCALE = 1.25;
/** Room for a name, in pixels. */
const NAME = 128;
/** Less leaves no room beside anything. */
const NARROW = 500;

export class Pilot {
  /** Nobody has gone anywhere: all of the map is shown. */
  auto = true;
  movedAt = 0;
  /** Whether the camera was so near, when clusters were last looked at, that their members can be read. */
  revealed = false;
  /** The link said where: a place in the middle, however wide the view is. */
  #linked = false;
  #flight = new Flight();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly stage: Stage,
    /** Called before anything moves: what is on the screen can be kept. */
    private readonly before: () => void,
  ) {}

  /** What lies over the lower border: on a narrow screen the buttons do. */
  get #below(): number {
    return this.stage.window.width < NARROW ? 2 * BELOW : BELOW;
  }

  get flying(): boolean {
    return this.#flight.flying;
  }

  /** Where it is, or is about to be. */
  get camera(): Camera {
    return this.#flight.target ?? this.stage.window.camera;
  }

  /** Somebody moves it. */
  move(how: () => void) {
    this.stop();
    this.auto = this.#linked = false;
    how();
    this.moved();
    this.#say();
  }

  #say() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => !this.auto && this.stage.emit({ type: 'camera', camera: this.camera }), SAY_AFTER_MS);
  }

  stop() {
    this.#flight.stop();
  }

  moved() {
    const { stage } = this;
    this.movedAt = performance.now();
    stage.stale.base = stage.stale.over = true;
    if (stage.window.scale >= REVEAL_SCALE !== this.revealed) stage.stale.drawn = true;
  }

  step(now: number) {
    if (!this.flying) return;
    this.#flight.step(this.stage.window, now);
    this.moved();
  }

  flyTo(camera: Camera, now = false) {
    this.before();
    this.#flight.begin(this.stage.window, camera, performance.now(), now || this.stage.options.reducedMotion);
    this.moved();
  }

  /** Goes where the link says. */
  link(camera: Camera) {
    this.auto = false;
    this.#linked = true;
    this.flyTo(camera, this.stage.first);
  }

  /** Somebody has chosen something since: the link is history. */
  unlink() {
    this.#linked = false;
  }

  /** Goes there, and tells so. */
  goTo(camera: Camera) {
    this.auto = this.#linked = false;
    this.flyTo(camera);
    this.stage.emit({ type: 'camera', camera });
  }

  /** All of the map from now on, until somebody goes elsewhere. */
  fit(now = false) {
    this.auto = true;
    this.flyTo(this.fitting(), now);
  }

  fitting(bounds?: Bounds, most = MOST_SCALE): Camera {
    const { window } = this.stage;
    const all = bounds ?? this.stage.bounds();
    const camera = window.fitting(all, MARGIN, most, ABOVE, this.#below);
    if (bounds || window.width < NARROW || !lonersAreNamed(this.stage.model, camera.scale)) return camera;
    // The name of what stands alone at a border has to stand somewhere: beside it.
    const alone = this.stage.aloneAt(all);
    const room = NAME / camera.scale;
    const named = { ...all, left: all.left - (alone.left ? room : 0), right: all.right + (alone.right ? room : 0) };
    return window.fitting(named, MARGIN, most, ABOVE, this.#below);
  }

  /** What was opened is looked at: whole where that can be read, else the part of it that needs a look first. */
  open(c: number) {
    const { window } = this.stage;
    const bounds = this.stage.clusterBounds(c);
    const camera = window.fitting(bounds, window.width < NARROW ? MARGIN / 2 : 40, 1.1, ABOVE, this.#below);
    if (camera.scale < REVEAL_SCALE) this.goTo(this.#legible(bounds, this.stage.worstOf(c)));
    else if (camera.scale > window.scale) this.goTo(camera);
  }

  /** As near as names can be read, with `about` as much in the middle as leaves nothing of the view empty that could show something. */
  #legible(bounds: Bounds, about: number): Camera {
    const { window, scene } = this.stage;
    // Any nearer, all clusters around it would open as well.
    const scale = REVEAL_SCALE * 0.99;
    const within = (middle: number, least: number, most: number, half: number) =>
      most - least <= 2 * half ? (least + most) / 2 : Math.min(most - half, Math.max(least + half, middle));
    const margin = MARGIN / 2 / scale;
    const [above, below] = [ABOVE / scale, this.#below / scale];
    return {
      x: within(scene.hx[about]! + scene.w[about]! / 2, bounds.left - margin, bounds.right + margin, window.width / 2 / scale),
      y: within(
        scene.hy[about]! + scene.h[about]! / 2,
        bounds.top - margin - above,
        bounds.bottom + margin + below,
        window.height / 2 / scale,
      ),
      scale,
    };
  }

  /** The view has another size. What is seen stays where it is on the screen, unless all of the map is to be seen. */
  resize(width: number, height: number) {
    const { window, first } = this.stage;
    const [dx, dy] = [width - window.width, height - window.height];
    window.width = width;
    window.height = height;
    const aspect = width / Math.max(1, height);
    if (first || dx !== 0 || aspect < this.stage.aspect) {
      if (aspect < PORTRAIT !== this.stage.aspect < PORTRAIT) this.stage.stale.places = true;
      this.stage.aspect = aspect;
    }
    if (first) return;
    // What is closed depends on how much room there is.
    this.stage.stale.drawn = true;
    const chosen = this.stage.chosen();
    if (this.auto && !chosen) {
      this.stop();
      window.set(this.fitting());
    } else if (!this.#linked) {
      // A panel opened or closed beside it: nothing moves for that, but what it would cover.
      window.set({ x: window.x + dx / 2 / window.scale, y: window.y + dy / 2 / window.scale, scale: window.scale });
      if (chosen && (dx < 0 || dy < 0)) this.include(chosen);
      this.#say();
    } else if (chosen && this.stage.outside(chosen)) {
      // The link was made on a larger screen.
      this.include(chosen);
    }
    this.moved();
  }

  /** Something came that lies out of sight. */
  follow() {
    if (this.auto && !this.flying && !this.stage.chosen() && this.stage.outside()) this.flyTo(this.fitting());
  }

  /** Where nothing is in sight, all of it is shown. */
  seek() {
    const { scene, drawn, window } = this.stage;
    const seen = window.bounds;
    for (let n = 0; n < scene.nodes; n++) {
      if (drawn.state[n] === HIDDEN || scene.x[n]! > seen.right || scene.y[n]! > seen.bottom) continue;
      if (scene.x[n]! + scene.w[n]! > seen.left && scene.y[n]! + scene.h[n]! > seen.top) return;
    }
    this.fit();
    this.stage.emit({ type: 'camera', camera: undefined });
  }

  /** Moves no more than it takes. */
  bringIntoView(spot: Spot, middle: boolean) {
    const { window } = this.stage;
    const [x, y] = middleOf(this.stage.model, spot);
    const seen = window.bounds;
    const edge = 60 / window.scale;
    const inside = x > seen.left + edge && x < seen.right - edge && y > seen.top + edge && y < seen.bottom - edge;
    if (!inside) this.goTo({ x, y, scale: middle ? Math.max(window.scale, 0.5) : window.scale });
  }

  /** Shows a part of the map with the least way: aside where it fits as it is, further away where it does not. Nobody has gone anywhere for that. */
  include(bounds: Bounds) {
    const { window } = this.stage;
    const seen = window.bounds;
    const margin = MARGIN / window.scale;
    const above = (MARGIN + ABOVE) / window.scale;
    const wide = bounds.right - bounds.left + 2 * margin;
    const high = bounds.bottom - bounds.top + margin + above;
    if (wide > seen.right - seen.left || high > seen.bottom - seen.top) {
      this.flyTo(this.fitting(bounds, window.scale));
      return;
    }
    this.stop();
    const dx = Math.min(0, bounds.left - margin - seen.left) + Math.max(0, bounds.right + margin - seen.right);
    const dy = Math.min(0, bounds.top - above - seen.top) + Math.max(0, bounds.bottom + margin - seen.bottom);
    if (dx || dy) this.flyTo({ x: window.x + dx, y: window.y + dy, scale: window.scale });
  }
}
