// Everything that follows from what is known: who is where, what of it is drawn, how links run, what is lit. Brings it up to date in its order, no more than is out
// of date; and moves what is on its way.
import { COLLAPSE_ABOVE, LEGIBLE_SCALE, REVEAL_SCALE } from './clusters';
import { HIDDEN, SHOWN } from './drawn';
import { Transition } from './motion';
import type { Pilot } from './pilot';
import type { Stage } from './stage';
import { Spread, SPREAD_MOST } from './spread';

/** So few links show their flow all the time. */
const FEW_LINKS = 40;
/** Further away than this names cannot be read, and a neighbourhood is not spread out. */
const SPREAD_SCALE = 0.33;

export class Composition {
  #transition = new Transition();
  /** Something has been told of nodes, even if there are none: until then nothing can be said of what is drawn. */
  #told = false;
  #arrived: number[] = [];
  /** The nodes of a neighbourhood that is all there is. */
  #only: Set<number> | undefined;

  constructor(
    private readonly stage: Stage,
    private readonly pilot: Pilot,
    private readonly drawing: () => { cost: number; frames: number },
  ) {}

  /** Takes note of a change. */
  changed(arrived: number[]) {
    this.#told = true;
    this.stage.stale.places = true;
    this.#arrived.push(...arrived);
  }

  /** Whether something is on its way. */
  get moves(): boolean {
    return this.#transition.running || (this.stage.spread !== undefined && !this.stage.spread.arrived);
  }

  /** Moves what is on its way. Yields whether anything moves on. */
  step(now: number): boolean {
    const { scene, stale, spread, options } = this.stage;
    let moving = false;
    if (this.#transition.running) {
      this.#transition.step(scene, now, spread);
      moving = true;
    }
    if (spread?.step(scene, now, options.reducedMotion)) moving = true;
    if (moving) stale.curves = true;
    if (moving && !this.moves) stale.mini = true;
    return moving;
  }

  settle(now: number) {
    const { stage } = this;
    const { stale, scene, clusters, drawn, model } = stage;
    const { onlyProblems } = stage.options;
    if (stale.places || stale.drawn) {
      const came = this.#choose();
      // What is left stands together: who comes or goes makes it another arrangement.
      if (onlyProblems && drawn.others) {
        stale.places = true;
        this.#arrived.push(...came);
      }
    }
    if (stale.places) {
      const { arrangement, clustered, reducedMotion } = stage.options;
      clusters.assign(scene, clustered);
      stage.places.arrange(scene, clusters, arrangement, stage.aspect, onlyProblems ? (n) => drawn.chosen.has(n) : undefined);
      // Who arrived stands where it belongs from the first picture on.
      for (const n of this.#arrived) {
        scene.x[n] = scene.hx[n]!;
        scene.y[n] = scene.hy[n]!;
      }
      this.#arrived = [];
      this.#transition.begin(scene, now, stage.first || reducedMotion, stage.spread);
      stale.places = false;
      stale.drawn = true;
    }
    if (stale.drawn) {
      this.#join(now);
      stale.drawn = stale.weights = false;
      stale.curves = stale.base = stale.over = stale.mini = true;
      stage.onlyCamera = false;
    } else if (stale.weights) {
      clusters.sumUp(scene, (n) => drawn.state[n] !== HIDDEN);
      drawn.weigh(scene);
      stale.weights = false;
      stale.over = true;
      stage.onlyCamera = false;
    }
    if (stale.curves) {
      stage.curves.lay(scene, clusters, drawn, model.apart, this.moves || stage.dragging);
      stale.curves = false;
      stale.base = stale.over = true;
      stage.onlyCamera = false;
    }
  }

  #choose(): number[] {
    const { scene, drawn, options } = this.stage;
    const { focus, onlyProblems, hidden, folded } = options;
    this.#only = undefined;
    if (focus >= 0 && focus < scene.nodes && scene.alive[focus]) {
      this.#only = scene.neighbours(focus);
      this.#only.add(focus);
    }
    return drawn.choose(scene, { onlyProblems, hidden, folded, only: this.#only });
  }

  #join(now: number) {
    const { stage, pilot } = this;
    const { scene, clusters, drawn, options, places, model } = stage;
    const { open, arrangement, onlyProblems } = options;
    const only = this.#only;
    clusters.sumUp(scene, (n) => drawn.state[n] !== HIDDEN);
    // How near the camera is decides what is closed: it has its place first.
    const beginning = stage.first && scene.count > 0;
    if (beginning && pilot.auto) stage.window.set(pilot.fitting());
    pilot.revealed = stage.window.scale >= REVEAL_SCALE;
    const apart = only !== undefined && only.size <= SPREAD_MOST;
    // Large is what has more nodes than anybody reads, and what would be too small to be read: fifty nodes on a telephone.
    const large = drawn.shown > COLLAPSE_ABOVE || (clusters.count > 1 && pilot.fitting().scale < LEGIBLE_SCALE);
    if (apart) clusters.collapsed.fill(0);
    else clusters.collapse(large, open, pilot.revealed);
    model.framed = !apart && places.framed(arrangement, onlyProblems ? drawn.shown : scene.count);
    this.#rejoin();
    this.#light();
    this.#spread(now, apart ? only : undefined);
    model.apart = stage.spread && !apart ? model.lit : undefined;
    if (this.#told) this.#tell();
    if (beginning) {
      stage.first = false;
      if (pilot.auto) stage.window.set(pilot.fitting());
    } else pilot.follow();
  }

  /** Links have other numbers then: the one that is pointed at is still the same. */
  #rejoin() {
    const { scene, clusters, drawn, marks } = this.stage;
    const { hover } = marks;
    const ends = hover?.on === 'link' ? [drawn.from[hover.link], drawn.to[hover.link]] : [];
    drawn.join(scene, clusters);
    if (hover?.on !== 'link') return;
    let link = 0;
    while (link < drawn.links && (drawn.from[link] !== ends[0] || drawn.to[link] !== ends[1])) link += 1;
    marks.hover = { on: 'link', link };
  }

  #tell() {
    const { scene, clusters, drawn, emit } = this.stage;
    const { cost, frames } = this.drawing();
    const { onlyProblems, focus } = this.stage.options;
    emit({
      type: 'stats',
      nodes: scene.count,
      drawn: drawn.shown,
      only: onlyProblems || focus >= 0 ? Uint32Array.from(drawn.chosen) : undefined,
      clusters: clusters.size.reduce((sum, size) => sum + (size ? 1 : 0), 0),
      collapsed: clusters.collapsed.reduce((sum, one, c) => sum + (one && clusters.size[c] ? 1 : 0), 0),
      spread: this.stage.spread?.nodes.length ?? 0,
      draw: cost,
      frames,
    });
  }

  /** What is chosen is lit with all that it is connected with; all else is dim. */
  #light() {
    const { scene, drawn, options, marks, model } = this.stage;
    const selected = [...options.selected].filter((n) => n >= 0 && n < scene.nodes && drawn.state[n] !== HIDDEN);
    const edges = [...options.selectedEdges].filter((e) => e >= 0 && e < scene.edges && scene.edgeAlive[e]);
    marks.selected = selected;
    marks.selectedLinks = edges.map((e) => drawn.linkOf[e]!).filter((link) => link >= 0);
    const nodes = new Set(selected);
    const links = new Set(marks.selectedLinks);
    for (const e of edges) nodes.add(scene.from[e]!).add(scene.to[e]!);
    if (selected.length) {
      const chosen = new Set(selected);
      for (let e = 0; e < scene.edges; e++) {
        if (!scene.edgeAlive[e] || (!chosen.has(scene.from[e]!) && !chosen.has(scene.to[e]!))) continue;
        nodes.add(scene.from[e]!).add(scene.to[e]!);
        if (drawn.linkOf[e]! >= 0) links.add(drawn.linkOf[e]!);
      }
    }
    model.lit = nodes.size ? { nodes, links } : undefined;
    marks.flowing = drawn.links <= FEW_LINKS ? [...Array(drawn.links).keys()] : [];
  }

  /** `only`: the neighbourhood that is all there is. Else that of the chosen node, where it can be read. */
  #spread(now: number, only: Set<number> | undefined) {
    const { stage } = this;
    const { scene, drawn, options, model, spread } = stage;
    const centre = only ? options.focus : (stage.marks.selected.at(-1) ?? -1);
    const drawnOnes = (nodes: ReadonlySet<number>) => new Set([...nodes].filter((n) => drawn.state[n] === SHOWN));
    const near = only || spread?.centre === centre || this.pilot.camera.scale >= SPREAD_SCALE;
    const nodes = only ? drawnOnes(only) : centre >= 0 && near ? drawnOnes(model.lit?.nodes ?? new Set()) : undefined;
    const wanted = nodes !== undefined && nodes.has(centre) && nodes.size > 1 && nodes.size <= SPREAD_MOST;
    if (wanted && spread?.isOf(centre, nodes)) return;
    if (!wanted && !spread) return;
    stage.spread = wanted ? new Spread(scene, centre, [...nodes], options.arrangement, now) : undefined;
    // Who is not in it any more goes back home.
    this.#transition.begin(scene, now, options.reducedMotion || stage.first, stage.spread);
    if (!stage.spread) return;
    if (options.reducedMotion || stage.first) stage.spread.step(scene, now, true);
    if (stage.first) return;
    if (!only) this.pilot.include(stage.spread.bounds(scene));
    else if (this.pilot.auto) this.pilot.fit();
  }
}
