// The plain way of a link: one curve out of the sides that face each other, over whatever is in between. Geometry alone.

/** From box `a` to box `b`, out of the sides that face each other. Where many meet at one side, each ends nearer to where it comes from. `aside` moves both ends
 *  along their sides. */
export function connect(a: Float32Array, b: Float32Array, into: Float32Array, at: number, aside = 0) {
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
    const startY = ay + toward(by - ay, ah) + aside;
    const endY = by + toward(ay - by, bh) + aside;
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
    const startX = ax + toward(bx - ax, aw) + aside;
    const endX = bx + toward(ax - bx, bw) + aside;
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
  into[at + 1] = ay + aside;
  into[at + 2] = startX + reach;
  into[at + 3] = ay + aside;
  into[at + 4] = endX + reach;
  into[at + 5] = by + aside;
  into[at + 6] = endX;
  into[at + 7] = by + aside;
}

export function toward(distance: number, side: number): number {
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
