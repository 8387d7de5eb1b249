// The kinds of node that the map knows, and the shape and the icon of each: kinds differ by form, not by colour alone. Geometry only, on a unit of 1.
import type { Pen } from './pen';

export const KINDS = ['container', 'process', 'host', 'image', 'pod', 'service', 'internet', 'other'] as const;
export type KindName = (typeof KINDS)[number];

export function kindIndex(kind: string): number {
  const at = (KINDS as readonly string[]).indexOf(kind);
  if (at >= 0) return at;
  return kind === 'external' || kind === 'address' || kind === 'network' ? KINDS.indexOf('internet') : KINDS.indexOf('other');
}

type Outline = (pen: Pen, x: number, y: number, r: number) => void;

const polygon =
  (corners: number, turn: number): Outline =>
  (pen, x, y, r) => {
    for (let i = 0; i < corners; i++) {
      const a = turn + (i * 2 * Math.PI) / corners;
      if (i === 0) pen.moveTo(x + r * Math.cos(a), y + r * Math.sin(a));
      else pen.lineTo(x + r * Math.cos(a), y + r * Math.sin(a));
    }
    pen.closePath();
  };

const circle: Outline = (pen, x, y, r) => {
  pen.moveTo(x + r, y);
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.closePath();
};

const box =
  (width: number, height: number, round: number): Outline =>
  (pen, x, y, r) =>
    pen.roundRect(x - r * width, y - r * height, 2 * r * width, 2 * r * height, r * round);

/** The outline of a kind's sign, added to the current path. */
export const OUTLINES: readonly Outline[] = [
  box(0.9, 0.9, 0.3), // container
  circle, // process
  box(1.05, 0.8, 0.12), // host
  polygon(4, 0), // image
  polygon(6, Math.PI / 6), // pod
  polygon(3, -Math.PI / 2), // service
  circle, // internet
  polygon(8, Math.PI / 8), // other
];

const lines = (pen: Pen, x: number, y: number, r: number, points: number[][]) => {
  for (const line of points) {
    pen.moveTo(x + (line[0] ?? 0) * r, y + (line[1] ?? 0) * r);
    for (let i = 2; i < line.length; i += 2) pen.lineTo(x + (line[i] ?? 0) * r, y + (line[i + 1] ?? 0) * r);
  }
};

/** The strokes of a kind's icon, added to the current path. */
export const ICONS: readonly Outline[] = [
  // A crate: a cube seen from a corner.
  (pen, x, y, r) =>
    lines(pen, x, y, r, [
      [0, -0.5, 0.45, -0.25, 0.45, 0.25, 0, 0.5, -0.45, 0.25, -0.45, -0.25, 0, -0.5],
      [-0.45, -0.25, 0, 0, 0.45, -0.25],
      [0, 0, 0, 0.5],
    ]),
  // A prompt.
  (pen, x, y, r) =>
    lines(pen, x, y, r, [
      [-0.4, -0.3, -0.08, 0, -0.4, 0.3],
      [0.05, 0.32, 0.42, 0.32],
    ]),
  // Two units of a rack.
  (pen, x, y, r) =>
    lines(pen, x, y, r, [
      [-0.65, -0.4, 0.65, -0.4, 0.65, -0.05, -0.65, -0.05, -0.65, -0.4],
      [-0.65, 0.1, 0.65, 0.1, 0.65, 0.45, -0.65, 0.45, -0.65, 0.1],
      [-0.45, -0.22, -0.3, -0.22],
      [-0.45, 0.28, -0.3, 0.28],
    ]),
  // Layers.
  (pen, x, y, r) =>
    lines(pen, x, y, r, [
      [0, -0.4, 0.4, -0.15, 0, 0.1, -0.4, -0.15, 0, -0.4],
      [-0.4, 0.12, 0, 0.37, 0.4, 0.12],
    ]),
  // Three together.
  (pen, x, y, r) => {
    for (const [dx, dy] of [
      [0, -0.32],
      [-0.32, 0.24],
      [0.32, 0.24],
    ] as const)
      circle(pen, x + dx * r, y + dy * r, r * 0.2);
  },
  // One to many.
  (pen, x, y, r) =>
    lines(pen, x, y, r, [
      [0, -0.35, 0, 0.02, -0.3, 0.3],
      [0, 0.02, 0.3, 0.3],
    ]),
  // A globe.
  (pen, x, y, r) => {
    lines(pen, x, y, r, [
      [-0.95, 0, 0.95, 0],
      [-0.8, -0.5, 0.8, -0.5],
      [-0.8, 0.5, 0.8, 0.5],
    ]);
    pen.moveTo(x, y - r);
    pen.bezierCurveTo(x + 0.65 * r, y - 0.6 * r, x + 0.65 * r, y + 0.6 * r, x, y + r);
    pen.moveTo(x, y - r);
    pen.bezierCurveTo(x - 0.65 * r, y - 0.6 * r, x - 0.65 * r, y + 0.6 * r, x, y + r);
  },
  (pen, x, y, r) => circle(pen, x, y, r * 0.25),
];
