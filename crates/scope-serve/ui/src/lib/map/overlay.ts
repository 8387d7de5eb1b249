// What lies over the picture and changes more often than it: rings around what is hovered, chosen or under the keyboard's cursor, lit links, and the flow on
// them.
import { SHOWN, WITHIN, type EndCode } from './drawn';
import { rectOf } from './curves';
import { arrows, linkWidth, stroke, weightShare } from './draw-links';
import type { Hit, Spot } from './hit';
import type { Model, Port } from './picture';
import type { Pen } from './pen';

export interface Marks {
  hover: Hit;
  cursor: Spot | undefined;
  selected: number[];
  selectedLinks: number[];
  /** Links that show their flow although nobody points at them. */
  flowing: readonly number[];
}

/** More boxes than this are not kept clear: nobody reads them then. */
const UNCOVERED_MOST = 1500;

export type OverPen = Pen & { clearRect(x: number, y: number, width: number, height: number): void };

const FLOW_PX_PER_S = 26;

/** `flow` is the time in milliseconds, or absent where nothing moves. */
export function drawOver(pen: OverPen, port: Port, model: Model, marks: Marks, flow: number | undefined) {
  const { scene, drawn, look, lit } = model;
  pen.globalAlpha = 1;
  pen.lineCap = 'round';
  const bright = new Set<number>(marks.selectedLinks);
  for (const link of lit?.links ?? []) bright.add(link);
  if (marks.hover?.on === 'link') bright.add(marks.hover.link);
  const ends: EndCode[] = marks.hover?.on === 'node' ? [marks.hover.n] : marks.hover?.on === 'block' ? [-1 - marks.hover.c] : [];
  for (const end of ends) {
    for (let link = 0; link < drawn.links; link++) if (drawn.from[link] === end || drawn.to[link] === end) bright.add(link);
  }
  if (bright.size) {
    const failing: number[] = [];
    const well: number[] = [];
    for (const link of bright) (drawn.failing[link] ? failing : well).push(link);
    for (const [links, colour] of [
      [well, look.accent],
      [failing, look.health[3]],
    ] as const) {
      if (!links.length) continue;
      pen.strokeStyle = pen.fillStyle = colour;
      pen.globalAlpha = 0.9;
      for (const link of links)
        stroke(pen, port, model, [link], linkWidth(weightShare(drawn.weight[link]!, drawn.mostWeight), port.scale) + 0.6);
      arrows(pen, port, model, links, 1.15);
    }
  }
  if (flow !== undefined) {
    const quiet = marks.flowing.filter((link) => !bright.has(link) && !lit);
    flowOn(pen, port, model, quiet, look.foreground, 0.55, flow);
    flowOn(pen, port, model, [...bright], look.contrast ? look.foreground : look.background, 1, flow);
  }
  if (bright.size || marks.flowing.length) uncover(pen, port, model);
  pen.globalAlpha = 1;
  for (const n of marks.selected) ring(pen, port, model, n, look.ring, 2, 3);
  if (marks.hover?.on === 'node') ring(pen, port, model, marks.hover.n, look.accent, 1.5, 2);
  else if (marks.hover?.on === 'block' || marks.hover?.on === 'title') ring(pen, port, model, -1 - marks.hover.c, look.accent, 1.5, 1);
  if (marks.hover?.on === 'node' || marks.hover?.on === 'block') {
    for (const link of bright) {
      for (const end of [drawn.from[link]!, drawn.to[link]!]) {
        if (end !== ends[0] && !lit) ring(pen, port, model, end, look.accent, 1, 1);
      }
    }
  }
  if (marks.cursor !== undefined && (marks.cursor < 0 || scene.alive[marks.cursor])) {
    pen.setLineDash([5, 3]);
    ring(pen, port, model, marks.cursor, look.ring, 2, 6);
    pen.setLineDash([]);
  }
}

/** Links run under boxes, on this layer as on that below. */
function uncover(pen: OverPen, port: Port, { scene, clusters, drawn, apart }: Model) {
  const clear = (x: number, y: number, w: number, h: number) =>
    pen.clearRect(x * port.scale + port.offsetX, y * port.scale + port.offsetY, w * port.scale, h * port.scale);
  for (let c = 0; c < clusters.count; c++) {
    if (clusters.collapsed[c] && clusters.size[c]) clear(clusters.left[c]!, clusters.top[c]!, clusters.width[c]!, clusters.height[c]!);
  }
  if (drawn.shown > UNCOVERED_MOST) return;
  for (let n = 0; n < scene.nodes; n++)
    if (drawn.state[n] === SHOWN && (!apart || apart.nodes.has(n))) clear(scene.x[n]!, scene.y[n]!, scene.w[n]!, scene.h[n]!);
}

/** Short dashes that move from client to server. */
function flowOn(pen: Pen, port: Port, model: Model, links: number[], colour: string, alpha: number, time: number) {
  if (!links.length) return;
  pen.strokeStyle = colour;
  pen.globalAlpha = alpha;
  pen.setLineDash([1.5, 12.5]);
  pen.lineDashOffset = -((time / 1000) * FLOW_PX_PER_S) % 14;
  stroke(pen, port, model, links, 2.2);
  pen.setLineDash([]);
  pen.lineDashOffset = 0;
}

function ring(pen: Pen, port: Port, model: Model, end: EndCode, colour: string, width: number, out: number) {
  if (end >= 0 && model.drawn.state[end] === WITHIN) end = -1 - model.scene.cluster[end]!;
  const rect = new Float32Array(4);
  rectOf(model.scene, model.clusters, end, rect);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  pen.roundRect(
    rect[0]! * port.scale + port.offsetX - out,
    rect[1]! * port.scale + port.offsetY - out,
    rect[2]! * port.scale + 2 * out,
    rect[3]! * port.scale + 2 * out,
    Math.min(8, 6 * port.scale) + out,
  );
  pen.stroke();
}
