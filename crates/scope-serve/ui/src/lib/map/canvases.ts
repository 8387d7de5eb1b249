// The three canvases of the map: the picture, what lies over it, and the overview. Says what has to be drawn anew, and draws no more.
import type { Bounds } from './camera';
import { Minimap } from './minimap';
import { drawOver, type OverPen } from './overlay';
import type { Pilot } from './pilot';
import type { Size, Surface } from './protocol';
import { contextOf, portOf, Screen } from './screen';
import type { Stage } from './stage';

/** After a move the camera has to rest so long to be at rest. */
const REST_MS = 80;
/** While the camera moves, the overview is drawn no more often. */
const OVERVIEW_MS = 100;

export class Canvases {
  #screen: Screen;
  #over: ReturnType<typeof contextOf>;
  #mini: Minimap;
  #ratio = 1;
  #flowAt = 0;
  #whole = true;
  /** Nothing is on the upper canvas: emptying it again would only cost. */
  #overEmpty = true;
  #bounds: Bounds | undefined;
  #overviewAt = 0;
  #overviewLate = false;
  frames = 0;

  constructor(
    private readonly stage: Stage,
    private readonly pilot: Pilot,
    surfaces: { base: Surface; over: Surface; mini: Surface },
    makeSurface: (width: number, height: number) => Surface,
  ) {
    this.#screen = new Screen(surfaces.base, makeSurface);
    this.#over = contextOf(surfaces.over, true);
    this.#mini = new Minimap(surfaces.mini, makeSurface);
  }

  /** Milliseconds that a whole picture takes. */
  get cost(): number {
    return this.#screen.cost;
  }

  /** What is on the screen was moved there, and is to be drawn properly. */
  get rough(): boolean {
    return this.#screen.rough || this.#overviewLate;
  }

  /** Before the camera moves. */
  keep() {
    this.#screen.keepNow(this.stage.window);
  }

  resize(size: Size) {
    this.#ratio = size.ratio;
    this.#screen.resize(size.width, size.height, size.ratio);
    this.#over.canvas.width = Math.max(1, Math.round(size.width * size.ratio));
    this.#over.canvas.height = Math.max(1, Math.round(size.height * size.ratio));
    this.#overEmpty = true;
    this.#mini.resize(size.miniWidth, size.miniHeight, size.ratio);
    const { stale } = this.stage;
    stale.base = stale.over = stale.mini = true;
  }

  /** The point of the map under a point of the overview. */
  fromOverview(x: number, y: number): [x: number, y: number] {
    return this.#mini.toMap(x, y);
  }

  /** Whether something flows, so that there is always a next picture. */
  get flows(): boolean {
    const { options, shown, marks, model } = this.stage;
    if (options.reducedMotion || !shown) return false;
    const { hover, flowing, selectedLinks } = marks;
    return (
      flowing.length > 0 || selectedLinks.length > 0 || (model.lit?.links.size ?? 0) > 0 || (hover !== undefined && hover.on !== 'title')
    );
  }

  /** `busy`: somebody is moving it. */
  draw(now: number, busy: boolean) {
    const { stage, pilot } = this;
    const { stale, window, model } = stage;
    if (this.#screen.rested(pilot.movedAt, now) && !busy) stale.base = true;
    if (stale.base) {
      const moving = stage.onlyCamera && (now - pilot.movedAt <= REST_MS || pilot.flying);
      this.#screen.draw(window, model, moving, now);
      this.frames += 1;
    }
    if (stale.over || this.flows) this.#drawOver(now);
    if (stale.mini || stale.over || this.#overviewLate) this.#drawOverview(now);
    stale.base = stale.over = stale.mini = false;
    stage.onlyCamera = true;
  }

  #drawOver(now: number) {
    const { window, model, marks, options } = this.stage;
    const empty = !this.flows && !model.lit && !marks.hover && marks.cursor === undefined && !marks.selected.length;
    if (empty && this.#overEmpty) return;
    this.#overEmpty = empty;
    this.#over.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.#over.clearRect(0, 0, window.width, window.height);
    if (this.flows) this.#flowAt = now;
    drawOver(this.#over as OverPen, portOf(window), model, marks, options.reducedMotion ? undefined : this.#flowAt);
  }

  #drawOverview(now: number) {
    const { stage } = this;
    // The small window may come after the large one: nobody looks at both.
    this.#overviewLate = !stage.stale.mini && now - this.#overviewAt < OVERVIEW_MS;
    if (this.#overviewLate) return;
    this.#overviewAt = now;
    if (stage.stale.mini || !this.#bounds) {
      this.#mini.change();
      this.#bounds = stage.bounds();
    }
    const whole = !stage.outside(this.#bounds);
    // The page hides it while all is in sight.
    if (!whole) this.#mini.draw(stage.window, stage.model, this.#bounds);
    if (whole !== this.#whole) stage.emit({ type: 'whole', whole });
    this.#whole = whole;
  }
}
