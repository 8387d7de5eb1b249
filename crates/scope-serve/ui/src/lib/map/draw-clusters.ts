// Clusters of a picture: a frame with a title while open; a block that sums its members up while collapsed.
import { TITLE } from './clusters';
import type { Pen } from './pen';
import type { Model, Port } from './picture';
import { CRITICAL, WARNING } from './protocol';
import { drawMark } from './marks';

/** So many members that are critical make their cluster loud. */
const LOUD_SHARE = 0.2;

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

function boxOf(port: Port, { clusters }: Model, c: number): Box | undefined {
  const box = {
    x: clusters.left[c]! * port.scale + port.offsetX,
    y: clusters.top[c]! * port.scale + port.offsetY,
    w: clusters.width[c]! * port.scale,
    h: clusters.height[c]! * port.scale,
  };
  return box.x > port.width || box.y > port.height || box.x + box.w < 0 || box.y + box.h < 0 ? undefined : box;
}

export function drawFrames(pen: Pen, port: Port, model: Model) {
  const { clusters, look } = model;
  if (!model.framed) return;
  pen.fillStyle = look.area;
  pen.strokeStyle = look.border;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let c = 0; c < clusters.count; c++) {
    if (clusters.collapsed[c] || !clusters.size[c]) continue;
    const box = boxOf(port, model, c);
    if (box) pen.roundRect(box.x, box.y, box.w, box.h, Math.min(8, 12 * port.scale));
  }
  pen.fill();
  pen.stroke();
}

/** Titles of open clusters: within the frame where there is room, else on its upper border. */
export function drawTitles(pen: Pen, port: Port, model: Model) {
  const { clusters, labels, look } = model;
  if (!model.framed) return;
  const inside = TITLE * port.scale >= 14;
  const size = inside ? Math.min(15, Math.max(11.5, 13 * port.scale)) : 11.5;
  for (let c = 0; c < clusters.count; c++) {
    if (clusters.collapsed[c] || !clusters.size[c]) continue;
    const box = boxOf(port, model, c);
    if (!box || box.w < 34) continue;
    // A title stays in sight while its cluster is.
    const x = Math.max(8, box.x + (inside ? 12 * port.scale + 2 : 1));
    const y = inside ? Math.max(12, box.y + (TITLE * port.scale) / 2 + 5) : box.y - 8;
    if (inside && y > box.y + box.h - 8) continue;
    const room = box.x + box.w - x - 8;
    const counted = String(clusters.size[c]);
    const countWidth = labels.width(pen, counted, size, look.font) + 8;
    const text = labels.cut(pen, labels.clean(clusters.titles[c] ?? ''), size, look.font, room - countWidth, 600);
    if (!text) continue;
    const width = labels.width(pen, text, size, look.font, 600);
    if (!labels.take(x - 2, y - 8, width + countWidth + 4, 16)) continue;
    if (!inside || y > box.y + TITLE * port.scale) {
      pen.globalAlpha = 0.85;
      pen.fillStyle = inside ? look.area : look.background;
      pen.fillRect(x - 3, y - 8, width + countWidth + 6, 16);
      pen.globalAlpha = 1;
    }
    pen.font = `600 ${size}px ${look.font}`;
    pen.fillStyle = look.foreground;
    pen.fillText(text, x, y);
    pen.font = `400 ${size}px ${look.font}`;
    pen.fillStyle = look.muted;
    pen.fillText(counted, x + width + 8, y);
  }
}

export function drawCollapsed(pen: Pen, port: Port, model: Model) {
  const { clusters } = model;
  for (let c = 0; c < clusters.count; c++) {
    if (!clusters.collapsed[c] || !clusters.size[c]) continue;
    const box = boxOf(port, model, c);
    if (box) drawBlock(pen, model, c, box);
  }
}

function drawBlock(pen: Pen, model: Model, c: number, box: Box) {
  const { clusters, labels, look, lit } = model;
  const bad = clusters.health[c * 4 + CRITICAL]!;
  const poor = clusters.health[c * 4 + WARNING]!;
  // In a dim picture a cluster is lit while a link of it is, which the links themselves show.
  pen.globalAlpha = lit ? 0.6 : 1;
  pen.fillStyle = look.raised;
  pen.beginPath();
  pen.roundRect(box.x, box.y, box.w, box.h, Math.min(7, box.h / 4));
  pen.fill();
  const gauge = clusters.gauge[c]!;
  if (gauge === gauge && box.h > 10) {
    pen.globalAlpha *= 0.16;
    pen.fillStyle = look.accent;
    pen.fillRect(box.x + 1, box.y + 1, Math.max(0, (box.w - 2) * Math.min(1, gauge)), box.h - 2);
    pen.globalAlpha = lit ? 0.6 : 1;
  }
  // One of a hundred is told by its mark; a border is for what is ill as a whole.
  const ill = bad >= clusters.size[c]! * LOUD_SHARE ? CRITICAL : bad + poor >= clusters.size[c]! * LOUD_SHARE * 2 ? WARNING : undefined;
  pen.strokeStyle = ill === undefined ? look.border : look.health[ill];
  pen.lineWidth = 1;
  pen.beginPath();
  pen.roundRect(box.x, box.y, box.w, box.h, Math.min(7, box.h / 4));
  pen.stroke();
  if (box.h >= 22 && box.w >= 26) drawBar(pen, model, c, box);
  pen.globalAlpha = 1;
  if (box.w < 24 || box.h < 11) return;
  const left = Math.max(box.x, 0) + Math.min(10, box.w * 0.06 + 2);
  const room = Math.min(box.x + box.w, box.x + box.w) - left - 6;
  const size = Math.max(10, Math.min(17, box.h * 0.26, box.w * 0.13));
  const lines = box.h >= size * 3.1 ? 2 : 1;
  const middle = box.y + (box.h - (box.h >= 22 ? 6 : 0)) / 2;
  const y = lines === 2 ? middle - size * 0.62 : middle;
  const countText = String(clusters.size[c]);
  pen.font = `600 ${size}px ${look.font}`;
  pen.fillStyle = look.foreground;
  const text = labels.cut(pen, labels.clean(clusters.titles[c] ?? ''), size, look.font, room, 600);
  if (text) pen.fillText(text, left, y);
  labels.take(box.x, box.y, box.w, box.h);
  if (lines < 2) return;
  const small = Math.max(9.5, size * 0.82);
  const y2 = middle + size * 0.68;
  pen.font = `400 ${small}px ${look.font}`;
  pen.fillStyle = look.muted;
  pen.fillText(countText, left, y2);
  let x = left + labels.width(pen, countText, small, look.font) + small * 0.9;
  for (const [level, count] of [
    [CRITICAL, bad],
    [WARNING, poor],
  ] as const) {
    const said = String(count);
    const width = small * 1.35 + labels.width(pen, said, small, look.font);
    if (!count || x + width > left + room) continue;
    drawMark(pen, look, level, x + small * 0.45, y2, small * 0.46);
    pen.font = `600 ${small}px ${look.font}`;
    pen.fillStyle = look.health[level];
    pen.fillText(said, x + small * 1.1, y2);
    x += width + small * 0.6;
  }
}

/** Shares of health along the lower border. */
function drawBar(pen: Pen, { clusters, look }: Model, c: number, box: Box) {
  const total = clusters.size[c]!;
  const height = Math.min(5, Math.max(3, box.h * 0.07));
  const width = box.w - 12;
  let x = box.x + 6;
  for (const level of [CRITICAL, WARNING, 1, 0] as const) {
    const count = clusters.health[c * 4 + level]!;
    if (!count) continue;
    // One in ten thousand is still seen.
    const part = level >= WARNING ? Math.max(2, (width * count) / total) : (width * count) / total;
    pen.globalAlpha = level >= WARNING ? 1 : 0.45;
    pen.fillStyle = look.health[level];
    pen.fillRect(x, box.y + box.h - height - 4, Math.min(part, box.x + box.w - 6 - x), height);
    x += part;
  }
  pen.globalAlpha = 1;
}
