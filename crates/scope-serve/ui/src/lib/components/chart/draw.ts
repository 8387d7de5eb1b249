// Draws lines over time into a canvas. Geometry and colours come in; it knows of no nodes.
import type { Sample } from '#lib/model/series';

export interface Line {
  samples: readonly Sample[];
  colour: string;
  /** Also what is beneath it. */
  filled: boolean;
  dashed?: boolean;
}

export interface Picture {
  width: number;
  height: number;
  from: number;
  to: number;
  top: number;
  lines: readonly Line[];
  limit: number | undefined;
  limitColour: string;
  /** The time at which somebody points. */
  cursor: number | undefined;
  cursorColour: string;
}

export function draw(context: CanvasRenderingContext2D, picture: Picture) {
  const { width, height, from, to, top } = picture;
  const x = (at: number) => ((at - from) / (to - from)) * width;
  const y = (value: number) => height - 1 - (value / top) * (height - 2);
  context.clearRect(0, 0, width, height);
  if (picture.limit !== undefined && picture.limit <= top) {
    context.strokeStyle = picture.limitColour;
    context.setLineDash([3, 3]);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, Math.round(y(picture.limit)) + 0.5);
    context.lineTo(width, Math.round(y(picture.limit)) + 0.5);
    context.stroke();
    context.setLineDash([]);
  }
  for (const line of picture.lines) drawLine(context, line, x, y, height, from);
  if (picture.cursor === undefined) return;
  context.strokeStyle = picture.cursorColour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(x(picture.cursor)) + 0.5, 0);
  context.lineTo(Math.round(x(picture.cursor)) + 0.5, height);
  context.stroke();
}

function drawLine(
  context: CanvasRenderingContext2D,
  { samples, colour, filled, dashed }: Line,
  x: (at: number) => number,
  y: (value: number) => number,
  height: number,
  from: number,
) {
  // One before the first in sight, so that the line comes in from the edge.
  let first = samples.findIndex((sample) => sample.at >= from);
  if (first < 0) return;
  first = Math.max(0, first - 1);
  const shown = samples.slice(first);
  if (shown.length === 1) {
    const only = shown[0];
    if (only) context.fillStyle = colour;
    if (only) context.fillRect(x(only.at) - 1, y(only.value) - 1, 2, 2);
    return;
  }
  context.beginPath();
  shown.forEach((sample, at) => (at === 0 ? context.moveTo(x(sample.at), y(sample.value)) : context.lineTo(x(sample.at), y(sample.value))));
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.lineJoin = 'round';
  if (dashed) context.setLineDash([2, 2]);
  context.stroke();
  context.setLineDash([]);
  if (!filled) return;
  context.lineTo(x(shown.at(-1)?.at ?? 0), height);
  context.lineTo(x(shown[0]?.at ?? 0), height);
  context.closePath();
  context.globalAlpha = 0.14;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
}
