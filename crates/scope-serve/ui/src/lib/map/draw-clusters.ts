// Open clusters of a picture: a frame, and a title. Closed ones are blocks.
import { TITLE } from './clusters';
import type { Pen } from './pen';
import type { Model, Port } from './picture';

/** How much of frames and their titles is left where what is selected stands over them. */
const APART = 0.3;
/** So many pixels a title and its count may take above a frame that is narrower. */
const OVER = 190;

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Where a cluster is on the picture; nowhere where it cannot be seen. */
export function boxOf(port: Port, { clusters }: Model, c: number): Box | undefined {
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
    // What is together for no reason that has a name needs no frame.
    if (clusters.collapsed[c] || !clusters.size[c] || !clusters.titles[c]) continue;
    const box = boxOf(port, model, c);
    if (box) pen.roundRect(box.x, box.y, box.w, box.h, Math.min(8, 12 * port.scale));
  }
  // What is selected gathers what it talks to around it, wherever that belongs: frames stand back then, and nothing looks as if it stood in one.
  pen.globalAlpha = model.apart ? APART : model.lit ? 0.4 : 1;
  if (!model.apart) pen.fill();
  pen.stroke();
  pen.globalAlpha = 1;
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
    let y = inside ? Math.max(12, box.y + (TITLE * port.scale) / 2 + 5) : box.y - 8;
    if (inside && y > box.y + box.h - 8) continue;
    const room = box.x + box.w - x - 8;
    const counted = String(clusters.size[c]);
    const countWidth = labels.width(pen, counted, size, look.font) + 8;
    const title = labels.clean(clusters.titles[c] ?? '');
    // Above its frame a title may be longer than that, where nothing else stands.
    const longer = inside ? [] : [Math.max(room, OVER)];
    let text = '';
    let width = 0;
    const takes = (most: number) => {
      text = labels.cut(pen, title, size, look.font, most - countWidth, 600);
      width = labels.width(pen, text, size, look.font, 600);
      return text !== '' && labels.take(x - 2, y - 8, width + countWidth + 4, 16);
    };
    if (![...longer, room].some(takes)) {
      // What lies above is in the way.
      if (!text || inside || box.h < 24) continue;
      y = box.y + 9;
    }
    // Links pass behind it.
    pen.globalAlpha = 0.85;
    pen.fillStyle = inside && !model.apart ? look.area : look.background;
    pen.fillRect(x - 3, y - 8, width + countWidth + 6, 16);
    pen.globalAlpha = model.apart ? APART : 1;
    pen.font = `600 ${size}px ${look.font}`;
    pen.fillStyle = look.foreground;
    pen.fillText(text, x, y);
    pen.font = `400 ${size}px ${look.font}`;
    pen.fillStyle = look.muted;
    pen.fillText(counted, x + width + 8, y);
    pen.globalAlpha = 1;
  }
}
