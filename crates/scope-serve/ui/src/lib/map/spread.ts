// The neighbourhood of one node, spread out by force while one watches: the node in the middle, what calls it on the left, what it calls on the right.
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationNodeDatum,
} from 'd3-force';
import type { Scene } from './scene';

/** More neighbours than this are left where they are: nobody could read them. */
export const SPREAD_MOST = 300;
/** Boxes are wider than high: heights are stretched for the forces, which know circles only. */
const STRETCH = 2.3;

interface Body extends SimulationNodeDatum {
  n: number;
  side: number;
}

export class Spread {
  #simulation: Simulation<Body, undefined>;
  readonly bodies: Body[];

  constructor(scene: Scene, centre: number, nodes: readonly number[]) {
    const all = new Set(nodes);
    const cx = scene.x[centre]! + scene.w[centre]! / 2;
    const cy = (scene.y[centre]! + scene.h[centre]! / 2) * STRETCH;
    const side = new Map<number, number>();
    const links: { source: number; target: number }[] = [];
    const place = new Map(nodes.map((n, at) => [n, at]));
    for (let e = 0; e < scene.edges; e++) {
      if (!scene.edgeAlive[e]) continue;
      const from = scene.from[e]!;
      const to = scene.to[e]!;
      if (!all.has(from) || !all.has(to)) continue;
      links.push({ source: place.get(from)!, target: place.get(to)! });
      if (to === centre) side.set(from, (side.get(from) ?? 0) - 1);
      if (from === centre) side.set(to, (side.get(to) ?? 0) + 1);
    }
    const reach = 250 + Math.sqrt(nodes.length) * 26;
    this.bodies = nodes.map((n) => {
      const body: Body = {
        n,
        side: Math.sign(side.get(n) ?? 0),
        x: scene.x[n]! + scene.w[n]! / 2,
        y: (scene.y[n]! + scene.h[n]! / 2) * STRETCH,
      };
      if (n === centre) {
        body.fx = cx;
        body.fy = cy;
      }
      return body;
    });
    this.#simulation = forceSimulation(this.bodies)
      .force('charge', forceManyBody().strength(-300).distanceMax(900))
      .force('link', forceLink(links).distance(220).strength(0.02))
      .force('collide', forceCollide<Body>((body) => scene.w[body.n]! / 2 + 18).iterations(2))
      .force('x', forceX<Body>((body) => cx + body.side * reach).strength(0.32))
      .force('y', forceY<Body>(cy).strength(0.06))
      .alphaDecay(0.045)
      .stop();
  }

  /** Moves everything a step on. Yields whether it still moves. */
  step(scene: Scene, steps = 1): boolean {
    this.#simulation.tick(steps);
    for (const body of this.bodies) {
      scene.hx[body.n] = scene.x[body.n] = (body.x ?? 0) - scene.w[body.n]! / 2;
      scene.hy[body.n] = scene.y[body.n] = (body.y ?? 0) / STRETCH - scene.h[body.n]! / 2;
    }
    return this.#simulation.alpha() > 0.02;
  }
}
