// The way of each link: a curve from the border of one box to that of another, around what is in between where there are few. Geometry and what is near a
// point; no drawing.
import type { Clusters } from './clusters';
import { SHOWN, type Drawn, type EndCode } from './drawn';
import { Obstacles } from './obstacles';
import { connect, pointOn } from './plain-curve';
import { Routes, type Wanted } from './routes';
import type { Scene } from './scene';

/** More links than this are a texture: they run as they run, behind whatever is there. */
export const BENT_MOST = 500;
/** So far from the middle are the two links of a pair that call each other. */
const ASIDE = 5;
/** Where on a curve a mark may be, the middle first. */
const MARKS = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];
/** A mark takes so much room, in units of the map. */
const MARK = 9;

/** Ways that cost more than this, some 10 ms, are looked for again only when nothing moves. */
const DEAR = 300_000;

/** What stands apart from the rest, and lies over it. */
export interface Apart {
  nodes: ReadonlySet<number>;
  links: ReadonlySet<number>;
}

export class Curves {
  /** Eight numbers for each piece: start, two control points, end. */
  at = new Float32Array(0);
  /** The first piece of each link; one more than there are links. */
  first = new Uint32Array(1);
  #obstacles: Obstacles | undefined;
  #marks = new Map<number, [x: number, y: number]>();
  /** What the ways were found for, and what that cost. */
  #of = new Float32Array(0);
  #looks = 0;

  /** `moving`: there will be another time soon. */
  lay(scene: Scene, clusters: Clusters, drawn: Drawn, apart?: Apart, moving = false) {
    const { links } = drawn;
    if (this.first.length < links + 1) this.first = new Uint32Array(Math.ceil(links * 1.5) + 1);
    const all = links <= BENT_MOST;
    if ((all || (apart && apart.links.size <= BENT_MOST)) && !(moving && (!all || this.#looks > DEAR)))
      this.#bend(scene, clusters, drawn, apart, all);
    else {
      this.#marks.clear();
      this.#of = new Float32Array(0);
      this.#obstacles = undefined;
      this.#hold(links);
      const a = new Float32Array(4);
      const b = new Float32Array(4);
      for (let link = 0; link < links; link++) {
        rectOf(scene, clusters, drawn.from[link]!, a);
        rectOf(scene, clusters, drawn.to[link]!, b);
        connect(a, b, this.at, link * 8);
        this.first[link] = link;
      }
      this.first[links] = links;
    }
  }

  /** Where a mark on a link is: in its middle, unless that lies under a box. */
  mark(link: number): [x: number, y: number] {
    let mark = this.#marks.get(link);
    if (!mark) this.#marks.set(link, (mark = this.#free(link)));
    return mark;
  }

  /** Where a link ends. */
  endOf(link: number): number {
    return (this.first[link + 1]! - 1) * 8;
  }

  /** `all`: every link that is not quiet; else those that stand apart. */
  #bend(scene: Scene, clusters: Clusters, drawn: Drawn, apart: Apart | undefined, all: boolean) {
    const a = new Float32Array(4);
    const b = new Float32Array(4);
    const isLit = (link: number) => apart?.links.has(link) ?? false;
    const bent: number[] = [];
    for (let link = 0; link < drawn.links; link++) if (isLit(link) || (all && !drawn.quiet[link])) bent.push(link);
    const pairs = new Set(bent.map((link) => `${drawn.from[link]} ${drawn.to[link]}`));
    const wanted = bent.map((link): Wanted => {
      const [from, to] = [drawn.from[link]!, drawn.to[link]!];
      rectOf(scene, clusters, from, a);
      rectOf(scene, clusters, to, b);
      return { a: a.slice(), b: b.slice(), from, to, aside: !pairs.has(`${to} ${from}`) ? 0 : from < to ? ASIDE : -ASIDE };
    });
    const below = all ? boxesOf(scene, clusters, drawn, undefined) : NOTHING;
    const above = apart ? boxesOf(scene, clusters, drawn, apart.nodes) : below;
    // Most of what changes moves nothing.
    const of = Float32Array.from([
      ...[below, above].flatMap(({ boxes, ends }) => [ends.length, ...boxes, ...ends]),
      ...wanted.flatMap(({ a, b, from, to }, at) => [...a, ...b, from, to, bent[at]!, isLit(bent[at]!) ? 1 : 0]),
      drawn.links,
    ]);
    const known = all && of.length === this.#of.length && of.every((one, at) => one === this.#of[at]);
    this.#of = of;
    if (known) return;
    this.#marks.clear();
    this.#obstacles = above;
    this.#looks = 0;
    const curves = new Map<number, Float32Array>();
    for (const lit of [false, true]) {
      const own = wanted.map((_, at) => at).filter((at) => isLit(bent[at]!) === lit);
      const routes = new Routes(lit ? above : below);
      routes.of(own.map((at) => wanted[at]!)).forEach((curve, at) => curves.set(bent[own[at]!]!, curve));
      this.#looks += routes.looks;
    }
    let pieces = 0;
    for (let link = 0; link < drawn.links; link++) {
      const curve = curves.get(link);
      const count = curve ? curve.length / 8 : 1;
      this.#hold(pieces + count);
      this.first[link] = pieces;
      if (curve) this.at.set(curve, pieces * 8);
      else {
        rectOf(scene, clusters, drawn.from[link]!, a);
        rectOf(scene, clusters, drawn.to[link]!, b);
        connect(a, b, this.at, pieces * 8);
      }
      pieces += count;
    }
    this.first[drawn.links] = pieces;
  }

  #hold(pieces: number) {
    if (this.at.length >= pieces * 8) return;
    const wider = new Float32Array(Math.ceil(pieces * 1.5) * 8);
    wider.set(this.at);
    this.at = wider;
  }

  #free(link: number): [x: number, y: number] {
    const [first, last] = [this.first[link]!, this.first[link + 1]!];
    if (!this.#obstacles) return pointOn(this.at, first * 8, 0.5);
    for (const share of MARKS) {
      const [x, y] = along(this.at, first, last, share);
      if (!this.#obstacles.cover(x, y, MARK)) return [x, y];
    }
    return along(this.at, first, last, 0.5);
  }
}

const NOTHING = new Obstacles(new Float32Array(0), new Int32Array(0));

/** The boxes that links may run behind: nodes, or those of some, and what is closed. */
function boxesOf(scene: Scene, clusters: Clusters, drawn: Drawn, some: ReadonlySet<number> | undefined): Obstacles {
  const ends: EndCode[] = [];
  for (let n = 0; n < scene.nodes; n++) if (drawn.state[n] === SHOWN && (!some || some.has(n))) ends.push(n);
  for (let c = 0; c < clusters.count; c++) if (clusters.collapsed[c] && clusters.size[c]) ends.push(-1 - c);
  const boxes = new Float32Array(ends.length * 4);
  const rect = new Float32Array(4);
  ends.forEach((end, at) => {
    rectOf(scene, clusters, end, rect);
    boxes.set([rect[0]!, rect[1]!, rect[0]! + rect[2]!, rect[1]! + rect[3]!], at * 4);
  });
  return new Obstacles(boxes, Int32Array.from(ends));
}

export function rectOf(scene: Scene, clusters: Clusters, end: EndCode, into: Float32Array) {
  if (end >= 0) {
    into[0] = scene.x[end]!;
    into[1] = scene.y[end]!;
    into[2] = scene.w[end]!;
    into[3] = scene.h[end]!;
  } else {
    const c = -1 - end;
    into[0] = clusters.left[c]!;
    into[1] = clusters.top[c]!;
    into[2] = clusters.width[c]!;
    into[3] = clusters.height[c]!;
  }
}

/** A point by the share of the length of all pieces. */
function along(curves: Float32Array, first: number, last: number, share: number): [x: number, y: number] {
  const lengths: number[] = [];
  let total = 0;
  let [x, y] = [curves[first * 8]!, curves[first * 8 + 1]!];
  for (let piece = first; piece < last; piece++) {
    for (let step = 1; step <= STEPS; step++) {
      const [nx, ny] = pointOn(curves, piece * 8, step / STEPS);
      lengths.push((total += Math.hypot(nx - x, ny - y)));
      [x, y] = [nx, ny];
    }
  }
  const at = lengths.findIndex((length) => length >= total * share);
  return pointOn(curves, (first + Math.floor(at / STEPS)) * 8, ((at % STEPS) + 1) / STEPS);
}

const STEPS = 20;

/** The link nearest to a point, no further away than `reach`; -1 is none. */
export function nearestLink(
  { at: curves, first }: Curves,
  links: number,
  x: number,
  y: number,
  reach: number,
  skip: (link: number) => boolean,
): number {
  let best = -1;
  let least = reach;
  for (let link = 0; link < links; link++) {
    for (let at = first[link]! * 8; at < first[link + 1]! * 8; at += 8) {
      // A curve stays within its four points.
      const x0 = curves[at]!;
      const x1 = curves[at + 2]!;
      const x2 = curves[at + 4]!;
      const x3 = curves[at + 6]!;
      if (x < Math.min(x0, x1, x2, x3) - reach || x > Math.max(x0, x1, x2, x3) + reach) continue;
      const y0 = curves[at + 1]!;
      const y1 = curves[at + 3]!;
      const y2 = curves[at + 5]!;
      const y3 = curves[at + 7]!;
      if (y < Math.min(y0, y1, y2, y3) - reach || y > Math.max(y0, y1, y2, y3) + reach) continue;
      if (skip(link)) break;
      let [px, py] = [x0, y0];
      for (let step = 1; step <= STEPS; step++) {
        const [qx, qy] = pointOn(curves, at, step / STEPS);
        const distance = toSegment(x, y, px, py, qx, qy);
        if (distance < least) {
          least = distance;
          best = link;
        }
        px = qx;
        py = qy;
      }
    }
  }
  return best;
}

function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const t = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
