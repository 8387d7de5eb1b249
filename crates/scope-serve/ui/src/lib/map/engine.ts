// The map's engine: takes what the page says, and draws when something changed. Runs in a worker, or beside the page where a worker cannot draw. It decides when;
// what follows from what, where the camera goes, what pointers do and how it is drawn is in the modules beside it.
import { Format } from '../model/format';
import { Canvases } from './canvases';
import { Composition } from './composition';
import { exportMap } from './export';
import { Pilot } from './pilot';
import { Pointing } from './pointing';
import type { Change, Figures, FromEngine, Options, Surface, ToEngine } from './protocol';
import { Stage } from './stage';

export interface Surroundings {
  emit(message: FromEngine): void;
  makeSurface(width: number, height: number): Surface;
  frame(callback: () => void): void;
}

const FLOW_EVERY_MS = 60;
const NOBODY = new Int32Array(0);

export class Engine {
  #stage: Stage;
  #pilot: Pilot;
  #composition: Composition;
  #pointing: Pointing;
  #canvases: Canvases | undefined;
  #asked = false;

  constructor(private readonly around: Surroundings) {
    this.#stage = new Stage((message) => around.emit(message));
    this.#pilot = new Pilot(this.#stage, () => this.#canvases?.keep());
    this.#composition = new Composition(this.#stage, this.#pilot, () => ({
      cost: this.#canvases?.cost ?? 0,
      frames: this.#canvases?.frames ?? 0,
    }));
    this.#pointing = new Pointing(this.#stage, this.#pilot);
  }

  take(message: ToEngine) {
    const stage = this.#stage;
    const pilot = this.#pilot;
    switch (message.type) {
      case 'start':
        this.#canvases = new Canvases(stage, pilot, message, this.around.makeSurface);
        stage.format = new Format(message.words.locale);
        stage.model.look = message.look;
        this.#resize(message.size);
        break;
      case 'change':
        this.#change(message);
        break;
      case 'figures':
        this.#figures(message);
        break;
      case 'options':
        this.#choose(message);
        break;
      case 'size':
        this.#resize(message);
        break;
      case 'look':
        stage.model.look = message.look;
        stage.stale.base = stage.stale.over = stage.stale.mini = true;
        break;
      case 'down':
        pilot.stop();
        this.#canvases?.keep();
        this.#pointing.point(message.at.x, message.at.y);
        this.#pointing.gestures.down(message.at);
        break;
      case 'move':
        this.#pointing.point(message.at.x, message.at.y);
        this.#pointing.gestures.move(message.at);
        break;
      case 'up':
        this.#pointing.gestures.up(message.at);
        break;
      case 'cancel':
        this.#pointing.gestures.cancel();
        break;
      case 'double': {
        const what = this.#pointing.at(message.at.x, message.at.y);
        if (what?.on === 'node') this.around.emit({ type: 'focus', n: what.n });
        break;
      }
      case 'leave':
        this.#pointing.hover(undefined, 0, 0);
        break;
      case 'wheel':
        this.#canvases?.keep();
        pilot.move(() => {
          if (message.pan) stage.window.panBy(-message.dx, -message.dy);
          else stage.window.zoomAt(message.x, message.y, Math.exp(-Math.max(-60, Math.min(60, message.dy)) * 0.006));
        });
        break;
      case 'mini': {
        const [x, y] = this.#canvases?.fromOverview(message.x, message.y) ?? [stage.window.x, stage.window.y];
        // On the way to somewhere, the overview changes where, and not how near.
        const { scale } = pilot.camera;
        pilot.move(() => stage.window.set({ x, y, scale }));
        break;
      }
      case 'camera':
        if (message.camera) pilot.link(message.camera);
        else pilot.fit(stage.first);
        break;
      case 'fit':
        pilot.fit();
        this.around.emit({ type: 'camera', camera: undefined });
        break;
      case 'reach': {
        this.#composition.settle(performance.now());
        const chosen = stage.first ? undefined : stage.chosen();
        if (chosen) pilot.include(chosen);
        break;
      }
      case 'show':
        this.#composition.settle(performance.now());
        pilot.bringIntoView(stage.spotOf(message.n), true);
        break;
      case 'zoom':
        pilot.move(() => stage.window.zoomAt(stage.window.width / 2, stage.window.height / 2, message.by));
        break;
      case 'pan':
        pilot.move(() => stage.window.panBy(message.dx, message.dy));
        break;
      case 'walk':
        this.#composition.settle(performance.now());
        this.#pointing.walk(message.to);
        break;
      case 'cursor':
        this.#pointing.moveCursor(message.n >= 0 ? stage.spotOf(message.n) : undefined);
        break;
      case 'enter':
        this.#pointing.enter();
        break;
      case 'places':
        stage.places.take(message);
        stage.stale.places = true;
        break;
      case 'visible':
        stage.shown = message.shown;
        break;
      case 'export':
        this.#composition.settle(performance.now());
        void exportMap(message.as, stage.model, stage.bounds(), stage.window.scale, this.around.makeSurface)
          .catch(() => undefined)
          .then((blob) => this.around.emit({ type: 'exported', id: message.id, blob }));
        break;
    }
    this.#ask();
  }

  #change(change: Change) {
    const stage = this.#stage;
    const arrived = stage.scene.change(change);
    if (change.reset) {
      // Numbers mean something else now; who is chosen is told anew.
      stage.marks.hover = stage.marks.cursor = stage.spread = undefined;
      stage.options = { ...stage.options, focus: -1, selected: NOBODY, selectedEdges: NOBODY };
    }
    this.#composition.changed(arrived);
  }

  #figures(figures: Figures) {
    const { scene, options, stale } = this.#stage;
    scene.figures(figures);
    // Who is ill may have changed, and with it what is shown.
    if (options.onlyProblems) stale.drawn = true;
    stale.weights = stale.base = stale.mini = true;
  }

  #choose(options: Options) {
    const stage = this.#stage;
    const before = stage.options;
    stage.options = options;
    if (!stage.first && String(before.selected) !== String(options.selected)) this.#pilot.unlink();
    stage.model.colouring = options.colouring;
    const partly = before.onlyProblems !== options.onlyProblems;
    if (partly || before.arrangement !== options.arrangement || before.clustered !== options.clustered) stage.stale.places = true;
    stage.stale.drawn = true;
    // What is left stands elsewhere, and takes less room.
    if (partly && !stage.first) {
      this.#composition.settle(performance.now());
      if (this.#pilot.auto) this.#pilot.fit();
      else this.#pilot.seek();
    }
  }

  #resize(size: Extract<ToEngine, { type: 'size' }> | Extract<ToEngine, { type: 'start' }>['size']) {
    this.#canvases?.resize(size);
    this.#pilot.resize(size.width, size.height);
    // A canvas that was resized is empty: it is drawn at once, not with the next frame.
    if (!this.#stage.first) this.#draw(performance.now());
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
    const canvases = this.#canvases;
    if (!canvases) return;
    const moving = this.#composition.step(now);
    this.#pilot.step(now);
    this.#draw(now);
    if (moving || this.#pilot.flying || canvases.rough || this.#composition.moves) this.#ask();
    else if (canvases.flows) setTimeout(() => this.#ask(), FLOW_EVERY_MS);
  }

  #draw(now: number) {
    this.#composition.settle(now);
    this.#pointing.review();
    this.#canvases?.draw(now, this.#pointing.gestures.busy);
  }
}
