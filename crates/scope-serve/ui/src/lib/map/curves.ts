// The way of each link: a curve from the border of one box to that of another. Geometry and what is near a point; no drawing.
import type { Clusters } from './clusters';
import type { Drawn, EndCode } from './drawn';
import type { Scene } from './scene';

/** Eight numbers for each link: start, two control points, end. */
export class Curves {
  at = new Float32Array(0);

  lay(scene: Scene, clusters: Clusters, drawn: Drawn) {
    if (this.at.length < drawn.links * 8) this.at = new Float32Array(Math.ceil(drawn.links * 1.5) * 8);
    const a = new Float32Array(4);
    const b = new Float32Array(4);
    for (let link = 0; link < drawn.links; link++) {
      rectOf(scene, clusters, drawn.from[link]!, a);
      rectOf(scene, clusters, drawn.to[link]!, b);
      connect(a, b, this.at, link * 8);
    }
  }
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

/** From box `a` to box `b`, out of the sides that face each other. Where many meet at one side, each ends nearer to where it comes from. */
export function connect(a: Float32Array, b: Float32Array, into: Float32Array, at: number) {
  const [al, at_, aw, ah] = a as unknown as [number, number, number, number];
  const [bl, bt, bw, bh] = b as unknown as [number, number, number, number];
  const ax = al + aw / 2;
  const ay = at_ + ah / 2;
  const bx = bl + bw / 2;
  const by = bt + bh / 2;
  const gapX = bl > al + aw ? bl - al - aw : al > bl + bw ? al - bl - bw : 0;
  const gapY = bt > at_ + ah ? bt - at_ - ah : at_ > bt + bh ? at_ - bt - bh : 0;
  if (gapX > 0 && (gapX >= gapY * 0.5 || gapY === 0)) {
    const right = bx > ax ? 1 : -1;
    const startX = ax + (right * aw) / 2;
    const endX = bx - (right * bw) / 2;
    const startY = ay + toward(by - ay, ah);
    const endY = by + toward(ay - by, bh);
    const reach = Math.max(16, Math.min(Math.abs(endX - startX) * 0.5, 260)) * right;
    into[at] = startX;
    into[at + 1] = startY;
    into[at + 2] = startX + reach;
    into[at + 3] = startY;
    into[at + 4] = endX - reach;
    into[at + 5] = endY;
    into[at + 6] = endX;
    into[at + 7] = endY;
    return;
  }
  if (gapY > 0) {
    const down = by > ay ? 1 : -1;
    const startX = ax + toward(bx - ax, aw);
    const endX = bx + toward(ax - bx, bw);
    const startY = ay + (down * ah) / 2;
    const endY = by - (down * bh) / 2;
    const reach = Math.max(12, Math.min(Math.abs(endY - startY) * 0.5, 260)) * down;
    into[at] = startX;
    into[at + 1] = startY;
    into[at + 2] = startX;
    into[at + 3] = startY + reach;
    into[at + 4] = endX;
    into[at + 5] = endY - reach;
    into[at + 6] = endX;
    into[at + 7] = endY;
    return;
  }
  // One over the other: a bow from side to side.
  const startX = al + aw;
  const endX = bl + bw;
  const reach = 40 + Math.abs(by - ay) * 0.2;
  into[at] = startX;
  into[at + 1] = ay;
  into[at + 2] = startX + reach;
  into[at + 3] = ay;
  into[at + 4] = endX + reach;
  into[at + 5] = by;
  into[at + 6] = endX;
  into[at + 7] = by;
}

function toward(distance: number, side: number): number {
  const most = Math.min(side * 0.32, 60);
  return Math.max(-most, Math.min(most, distance * 0.08));
}

export function pointOn(curves: Float32Array, at: number, t: number): [x: number, y: number] {
  const u = 1 - t;
  const a = u * u * u;
  const b = 3 * u * u * t;
  const c = 3 * u * t * t;
  const d = t * t * t;
  return [
    a * curves[at]! + b * curves[at + 2]! + c * curves[at + 4]! + d * curves[at + 6]!,
    a * curves[at + 1]! + b * curves[at + 3]! + c * curves[at + 5]! + d * curves[at + 7]!,
  ];
}

/** The link nearest to a point, no further away than `reach`; -1 is none. */
export function nearestLink(
  curves: Float32Array,
  links: number,
  x: number,
  y: number,
  reach: number,
  skip: (link: number) => boolean,
): number {
  let best = -1;
  let least = reach;
  for (let link = 0; link < links; link++) {
    const at = link * 8;
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
    if (skip(link)) continue;
    let [px, py] = [x0, y0];
    for (let step = 1; step <= 20; step++) {
      const [qx, qy] = pointOn(curves, at, step / 20);
      const distance = toSegment(x, y, px, py, qx, qy);
      if (distance < least) {
        least = distance;
        best = link;
      }
      px = qx;
      py = qy;
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
