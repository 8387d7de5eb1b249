// The neighbourhood of one node, spread out around it: what calls it in lines on one side, what it calls on the other. What is far comes near. Forces say where
// in its line each stands: near its own place and its own neighbours, and over nobody. The way there takes the same time on any machine.
import { forceLink, forceSimulation, forceX, forceY, type SimulationNodeDatum } from 'd3-force';
import type { Arrangement } from '../model/place';
import { ease, type Bounds } from './camera';
import type { Scene } from './scene';

/** More neighbours than this are left where they are: nobody could read them. */
export const SPREAD_MOST = 300;
const TICKS = 90;
const WAY_MS = 520;
/** Between what stands in one line, between lines, and before the first. */
const GAP = 14;
const BETWEEN = 44;
const BEFORE = 90;

interface Body extends SimulationNodeDatum {
  n: number;
  /** The line it stands in, and how much of the line it takes. */
  line: number;
  size: number;
  wish: number;
}

export class Spread {
  /** Where each goes: the corner of its box. */
  #to = new Map<number, [x: number, y: number]>();
  #from = new Map<number, [x: number, y: number]>();
  #since = 0;
  arrived = false;

  /** `centre` stays where it is. */
  constructor(
    scene: Scene,
    readonly centre: number,
    readonly nodes: readonly number[],
    arrangement: Arrangement,
    now: number,
  ) {
    const all = new Map(nodes.map((n, at) => [n, at]));
    const side = new Map<number, number>();
    const links: { source: number; target: number }[] = [];
    for (let e = 0; e < scene.edges; e++) {
      if (!scene.edgeAlive[e]) continue;
      const from = scene.from[e]!;
      const to = scene.to[e]!;
      const [source, target] = [all.get(from), all.get(to)];
      if (source === undefined || target === undefined) continue;
      links.push({ source, target });
      if (to === centre) side.set(from, (side.get(from) ?? 0) - 1);
      if (from === centre) side.set(to, (side.get(to) ?? 0) + 1);
    }
    const upright = arrangement === 'layers';
    const bodies = inLines(scene, centre, nodes, side, upright);
    const wish = upright ? forceX<Body>((body) => body.wish) : forceY<Body>((body) => body.wish);
    const separate = apart(bodies, upright ? 'x' : 'y');
    forceSimulation(bodies)
      .force('wish', wish.strength(0.25))
      .force('link', forceLink(links).distance(0).strength(0.004))
      .force('apart', separate)
      .alphaDecay(0.03)
      .stop()
      .tick(TICKS);
    separate();
    for (const { n, x = 0, y = 0 } of bodies) {
      this.#from.set(n, [scene.x[n]!, scene.y[n]!]);
      this.#to.set(n, [x - scene.w[n]! / 2, y - scene.h[n]! / 2]);
    }
    this.#since = now;
  }

  has(n: number): boolean {
    return this.#to.has(n);
  }

  targetOf(n: number): [x: number, y: number] | undefined {
    return this.#to.get(n);
  }

  /** The same neighbourhood: nothing to spread anew. */
  isOf(centre: number, nodes: ReadonlySet<number>): boolean {
    return centre === this.centre && nodes.size === this.nodes.length && this.nodes.every((n) => nodes.has(n));
  }

  bounds(scene: Scene): Bounds {
    const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (const [n, [x, y]] of this.#to) {
      bounds.left = Math.min(bounds.left, x);
      bounds.top = Math.min(bounds.top, y);
      bounds.right = Math.max(bounds.right, x + scene.w[n]!);
      bounds.bottom = Math.max(bounds.bottom, y + scene.h[n]!);
    }
    return bounds;
  }

  /** Moves everything on its way. Yields whether it still moves. */
  step(scene: Scene, now: number, still: boolean): boolean {
    if (this.arrived) return false;
    const t = still ? 1 : Math.min(1, (now - this.#since) / WAY_MS);
    const share = t < 1 ? ease(t) : 1;
    for (const [n, [toX, toY]] of this.#to) {
      const [x, y] = this.#from.get(n)!;
      scene.x[n] = x + (toX - x) * share;
      scene.y[n] = y + (toY - y) * share;
    }
    this.arrived = t >= 1;
    return true;
  }

  /** Somebody drags one of them: for as long as it stands here, not for good. */
  drag(scene: Scene, n: number, dx: number, dy: number) {
    const to = this.#to.get(n);
    if (!to) return;
    to[0] += dx;
    to[1] += dy;
    scene.x[n] = to[0];
    scene.y[n] = to[1];
  }
}

/** Callers before the centre, called behind it; above and below where that is how the map is read. The order in a line is that of their own places. */
function inLines(scene: Scene, centre: number, nodes: readonly number[], side: Map<number, number>, upright: boolean): Body[] {
  const middle = (n: number): [number, number] => [scene.x[n]! + scene.w[n]! / 2, scene.y[n]! + scene.h[n]! / 2];
  const [cx, cy] = middle(centre);
  const bodies: Body[] = [];
  let line = 0;
  for (const sign of [-1, 1]) {
    const here = nodes.filter((n) => n !== centre && (Math.sign(side.get(n) ?? 0) || 1) === sign);
    const across = (n: number) => middle(n)[upright ? 0 : 1];
    here.sort((a, b) => across(a) - across(b) || a - b);
    const lines = Math.ceil(here.length / Math.max(upright ? 6 : 12, Math.sqrt(here.length * (upright ? 1 : 4))));
    const reach = (here.length / Math.max(1, lines)) * (upright ? 90 : 30);
    const deep = here.reduce((most, n) => Math.max(most, upright ? scene.h[n]! : scene.w[n]!), 0);
    const first = (upright ? scene.h[centre]! / 2 : scene.w[centre]! / 2) + BEFORE;
    here.forEach((n, at) => {
      const own = line + (at % lines);
      const depth = first + (at % lines) * (deep + BETWEEN) + (upright ? scene.h[n]! : scene.w[n]!) / 2;
      const offset = Math.max(-reach, Math.min(reach, across(n) - (upright ? cx : cy)));
      const wish = (upright ? cx : cy) + offset;
      const fixed = upright
        ? { fy: cy + sign * depth, x: wish, y: cy + sign * depth }
        : { fx: cx + sign * depth, x: cx + sign * depth, y: wish };
      bodies.push({ n, line: own, size: upright ? scene.w[n]! : scene.h[n]!, wish, ...fixed });
    });
    line += lines;
  }
  bodies.push({ n: centre, line: -1, size: 0, wish: upright ? cx : cy, x: cx, y: cy, fx: cx, fy: cy });
  // Links name bodies by their place among the nodes.
  const place = new Map(nodes.map((n, at) => [n, at]));
  return bodies.sort((a, b) => place.get(a.n)! - place.get(b.n)!);
}

/** Keeps what stands in one line apart. Hard: the last word in each step is that nothing lies over anything. */
function apart(bodies: Body[], axis: 'x' | 'y') {
  const lines = new Map<number, Body[]>();
  for (const body of bodies) {
    if (body.line < 0) continue;
    const line = lines.get(body.line);
    if (line) line.push(body);
    else lines.set(body.line, [body]);
  }
  return () => {
    for (const line of lines.values()) {
      line.sort((a, b) => a[axis]! - b[axis]! || a.n - b.n);
      // As near to where they are as their sizes allow: those that collide are taken together.
      let offset = 0;
      const pools: { sum: number; count: number }[] = [];
      const offsets = line.map((body) => {
        const own = offset + body.size / 2;
        offset += body.size + GAP;
        pools.push({ sum: body[axis]! - own, count: 1 });
        for (let last = pools.length - 1; last > 0 && mean(pools[last - 1]!) > mean(pools[last]!); last--) {
          const { sum, count } = pools.pop()!;
          pools[last - 1]!.sum += sum;
          pools[last - 1]!.count += count;
        }
        return own;
      });
      let at = 0;
      for (const pool of pools) for (let i = 0; i < pool.count; i++, at++) line[at]![axis] = mean(pool) + offsets[at]!;
    }
  };
}

const mean = (pool: { sum: number; count: number }) => pool.sum / pool.count;
