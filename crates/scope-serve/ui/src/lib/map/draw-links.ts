// The links of a picture: width by what they carry, an arrow at the server's end, and failures in a form of their own. Drawn in few strokes: one for each
// width, as strokes are what costs.
import type { Curves } from './curves';
import type { Pen } from './pen';
import type { Model, Port } from './picture';

const WIDTHS = 6;
export const DIM = 0.13;

/** From 0 to 1: orders of magnitude, as traffic differs by them. */
export function weightShare(weight: number, most: number): number {
  return most > 0 ? Math.log1p(weight) / Math.log1p(most) : 0;
}

export function linkWidth(share: number, scale: number): number {
  return (0.8 + 2.8 * share) * Math.min(1.2, Math.max(0.6, scale * 1.1));
}

export function drawLinks(pen: Pen, port: Port, model: Model) {
  const { drawn, curves, look, lit } = model;
  const plain: number[][] = Array.from({ length: WIDTHS }, () => []);
  const dim: number[] = [];
  const failing: number[] = [];
  let seen = 0;
  for (let link = 0; link < drawn.links; link++) {
    if (drawn.quiet[link] && !lit?.links.has(link)) continue;
    if (!inSight(curves, link, port)) continue;
    const c = curves.at;
    const start = curves.first[link]! * 8;
    const end = curves.endOf(link);
    // What is shorter than its own arrow says nothing.
    if ((Math.abs(c[start]! - c[end + 6]!) + Math.abs(c[start + 1]! - c[end + 7]!)) * port.scale < 5) continue;
    seen += 1;
    if (lit && !lit.links.has(link)) dim.push(link);
    else if (drawn.failing[link]) failing.push(link);
    else plain[Math.min(WIDTHS - 1, Math.floor(weightShare(drawn.weight[link]!, drawn.mostWeight) * WIDTHS))]!.push(link);
  }
  // Many links at once are a texture; few are lines to follow.
  const alpha = look.contrast ? 0.9 : seen > 1500 ? 0.35 : seen > 300 ? 0.55 : 0.8;
  pen.lineCap = 'round';
  pen.strokeStyle = pen.fillStyle = look.edge;
  if (dim.length) {
    pen.globalAlpha = DIM;
    stroke(pen, port, model, dim, 1);
  }
  // Where there are many, all of them are thinner: they cross, and each has to be told from the others.
  const room = Math.max(0.5, Math.min(1, Math.sqrt(40 / seen)));
  pen.globalAlpha = alpha;
  plain.forEach((links, at) => {
    if (links.length) stroke(pen, port, model, links, Math.max(0.8, room * linkWidth((at + 0.5) / WIDTHS, port.scale)));
  });
  for (const links of plain) arrows(pen, port, model, links);
  if (failing.length) drawFailing(pen, port, model, failing);
  pen.globalAlpha = 1;
}

function drawFailing(pen: Pen, port: Port, model: Model, links: number[]) {
  pen.globalAlpha = 0.95;
  pen.strokeStyle = pen.fillStyle = model.look.health[3];
  pen.setLineDash([7, 4]);
  stroke(pen, port, model, links, Math.max(1.2, linkWidth(0.3, port.scale)));
  pen.setLineDash([]);
  arrows(pen, port, model, links);
  const r = Math.min(5, Math.max(3, 5 * port.scale));
  for (const link of links) {
    const [markX, markY] = model.curves.mark(link);
    const x = markX * port.scale + port.offsetX;
    const y = markY * port.scale + port.offsetY;
    pen.fillStyle = model.look.background;
    pen.beginPath();
    pen.arc(x, y, r + 2.5, 0, 2 * Math.PI);
    pen.fill();
    pen.lineWidth = 1.8;
    pen.beginPath();
    pen.moveTo(x - r * 0.7, y - r * 0.7);
    pen.lineTo(x + r * 0.7, y + r * 0.7);
    pen.moveTo(x + r * 0.7, y - r * 0.7);
    pen.lineTo(x - r * 0.7, y + r * 0.7);
    pen.stroke();
  }
}

/** Whether any piece of a link may be on the picture: a curve stays within its four points. */
function inSight({ at: c, first }: Curves, link: number, { bounds: { left, top, right, bottom } }: Port): boolean {
  for (let at = first[link]! * 8; at < first[link + 1]! * 8; at += 8) {
    if (Math.max(c[at]!, c[at + 2]!, c[at + 4]!, c[at + 6]!) < left || Math.min(c[at]!, c[at + 2]!, c[at + 4]!, c[at + 6]!) > right)
      continue;
    if (Math.max(c[at + 1]!, c[at + 3]!, c[at + 5]!, c[at + 7]!) < top || Math.min(c[at + 1]!, c[at + 3]!, c[at + 5]!, c[at + 7]!) > bottom)
      continue;
    return true;
  }
  return false;
}

export function stroke(pen: Pen, port: Port, model: Model, links: Iterable<number>, width: number) {
  pen.lineWidth = width;
  pen.beginPath();
  for (const link of links) trace(pen, port, model.curves, link);
  pen.stroke();
}

function trace(pen: Pen, { scale, offsetX, offsetY }: Port, { at: c, first }: Curves, link: number) {
  const start = first[link]! * 8;
  const past = first[link + 1]! * 8;
  const x0 = c[start]! * scale + offsetX;
  const y0 = c[start + 1]! * scale + offsetY;
  const x3 = c[past - 2]! * scale + offsetX;
  const y3 = c[past - 1]! * scale + offsetY;
  pen.moveTo(x0, y0);
  // Far away a curve cannot be told from a line, which costs a fifth.
  if (scale < 0.12 && past === start + 8 && Math.abs(x0 - x3) + Math.abs(y0 - y3) < 60) {
    pen.lineTo(x3, y3);
    return;
  }
  for (let at = start; at < past; at += 8) {
    pen.bezierCurveTo(
      c[at + 2]! * scale + offsetX,
      c[at + 3]! * scale + offsetY,
      c[at + 4]! * scale + offsetX,
      c[at + 5]! * scale + offsetY,
      c[at + 6]! * scale + offsetX,
      c[at + 7]! * scale + offsetY,
    );
  }
}

export function arrows(pen: Pen, port: Port, model: Model, links: Iterable<number>, larger = 1) {
  const { curves } = model;
  const c = curves.at;
  const length = larger * Math.min(9, Math.max(4.5, 9 * port.scale));
  pen.beginPath();
  for (const link of links) {
    const start = curves.first[link]! * 8;
    const at = curves.endOf(link);
    const x = c[at + 6]! * port.scale + port.offsetX;
    const y = c[at + 7]! * port.scale + port.offsetY;
    if (Math.abs(x - c[start]! * port.scale - port.offsetX) + Math.abs(y - c[start + 1]! * port.scale - port.offsetY) < 3 * length)
      continue;
    let dx = c[at + 6]! - c[at + 4]!;
    let dy = c[at + 7]! - c[at + 5]!;
    const size = Math.hypot(dx, dy) || 1;
    dx /= size;
    dy /= size;
    pen.moveTo(x, y);
    pen.lineTo(x - length * dx + length * 0.45 * dy, y - length * dy - length * 0.45 * dx);
    pen.lineTo(x - length * dx - length * 0.45 * dy, y - length * dy + length * 0.45 * dx);
    pen.closePath();
  }
  pen.fill();
}
