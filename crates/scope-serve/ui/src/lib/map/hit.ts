// What is at a point of the map, and what lies next in a direction. Geometry on what is drawn; 10,000 boxes are looked through in some 20 µs, so there is
// no index to keep current.
import type { Clusters } from './clusters';
import { TITLE } from './clusters';
import { nearestLink, rectOf, type Curves } from './curves';
import { SHOWN, type Drawn } from './drawn';
import type { Direction } from './protocol';
import type { Scene } from './scene';

export type Hit =
  { on: 'node'; n: number } | { on: 'link'; link: number } | { on: 'block'; c: number } | { on: 'title'; c: number } | undefined;

export interface Ground {
  scene: Scene;
  clusters: Clusters;
  drawn: Drawn;
  curves: Curves;
  framed: boolean;
  lit: { nodes: ReadonlySet<number> } | undefined;
}

/** `x`, `y` in units of the map; `near` is how far off a link may be, in the same units. */
export function hit({ scene, clusters, drawn, curves, framed, lit }: Ground, x: number, y: number, near: number): Hit {
  const slack = near * 0.3;
  const on = (n: number) => {
    if (drawn.state[n] !== SHOWN) return false;
    const left = scene.x[n]!;
    const top = scene.y[n]!;
    return x >= left - slack && y >= top - slack && x <= left + scene.w[n]! + slack && y <= top + scene.h[n]! + slack;
  };
  // What is lit lies over what is not.
  for (const n of lit?.nodes ?? []) if (on(n)) return { on: 'node', n };
  for (let n = scene.nodes - 1; n >= 0; n--) if (on(n)) return { on: 'node', n };
  let inside = -1;
  for (let c = 0; c < clusters.count; c++) {
    if (!clusters.size[c] || (!clusters.collapsed[c] && !framed)) continue;
    const left = clusters.left[c]!;
    const top = clusters.top[c]!;
    if (x >= left && y >= top && x <= left + clusters.width[c]! && y <= top + clusters.height[c]!) inside = c;
  }
  if (inside >= 0 && clusters.collapsed[inside]) return { on: 'block', c: inside };
  const link = nearestLink(curves, drawn.links, x, y, near, (one) => drawn.quiet[one] === 1);
  if (link >= 0) return { on: 'link', link };
  if (inside >= 0 && y <= clusters.top[inside]! + Math.max(TITLE + 8, near * 2.5)) return { on: 'title', c: inside };
  return undefined;
}

/** Whether something is still at a point, where it was before somebody moved the map or hid it. */
export function isAt({ scene, clusters, drawn, curves }: Ground, what: NonNullable<Hit>, x: number, y: number, near: number): boolean {
  if (what.on === 'link') return nearestLink(curves, drawn.links, x, y, near, (one) => one !== what.link) === what.link;
  if (what.on === 'node' ? drawn.state[what.n] !== SHOWN : what.c >= clusters.count || !clusters.size[what.c]) return false;
  const rect = new Float32Array(4);
  rectOf(scene, clusters, what.on === 'node' ? what.n : -1 - what.c, rect);
  const [left, top, width, height] = rect as unknown as [number, number, number, number];
  return x >= left - near && y >= top - near && x <= left + width + near && y <= top + height + near;
}

/** A node by its number, a collapsed cluster as `-1 - number`. */
export type Spot = number;

export function spots({ scene, clusters, drawn }: Ground): Spot[] {
  const all: Spot[] = [];
  for (let n = 0; n < scene.nodes; n++) if (drawn.state[n] === SHOWN) all.push(n);
  for (let c = 0; c < clusters.count; c++) if (clusters.collapsed[c] && clusters.size[c]) all.push(-1 - c);
  return all;
}

export function middleOf({ scene, clusters }: Ground, spot: Spot): [x: number, y: number] {
  if (spot >= 0) return [scene.x[spot]! + scene.w[spot]! / 2, scene.y[spot]! + scene.h[spot]! / 2];
  const c = -1 - spot;
  return [clusters.left[c]! + clusters.width[c]! / 2, clusters.top[c]! + clusters.height[c]! / 2];
}

/** The next one in a direction: near, and rather straight ahead than aside. */
export function nextTo(ground: Ground, from: Spot, direction: Direction): Spot | undefined {
  const [x, y] = middleOf(ground, from);
  const [dx, dy] = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[direction] as [number, number];
  let best: Spot | undefined;
  let least = Infinity;
  for (const spot of spots(ground)) {
    if (spot === from) continue;
    const [ox, oy] = middleOf(ground, spot);
    const along = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy - (oy - y) * dx);
    if (along <= 1) continue;
    const cost = along + 2.4 * aside;
    if (cost < least) {
      least = cost;
      best = spot;
    }
  }
  return best;
}

export function nearestTo(ground: Ground, x: number, y: number): Spot | undefined {
  let best: Spot | undefined;
  let least = Infinity;
  for (const spot of spots(ground)) {
    const [ox, oy] = middleOf(ground, spot);
    const distance = Math.hypot(ox - x, oy - y);
    if (distance < least) {
      least = distance;
      best = spot;
    }
  }
  return best;
}
