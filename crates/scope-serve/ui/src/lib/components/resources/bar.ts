// Where the segments of a bar stand, and which of them is at a place. What is too narrow to be seen becomes one stretch with its neighbours. No colours.
import type { Segment } from './tree';

export interface Stretch {
  x: number;
  width: number;
  /** One where it is wide enough to stand alone. */
  segments: Segment[];
}

/** Narrower than this nobody can see or hit. */
const LEAST = 3;

export function stretches(segments: readonly Segment[], scale: number, width: number): Stretch[] {
  const found: Stretch[] = [];
  let at = 0;
  for (const segment of segments) {
    const x = (at / scale) * width;
    at += segment.value;
    const wide = (segment.value / scale) * width;
    const last = found.at(-1);
    if (wide < LEAST && last && (last.segments.length > 1 || last.width < LEAST) && segment.used && last.segments[0]?.used) {
      last.segments.push(segment);
      last.width = x + wide - last.x;
    } else if (wide > 0) found.push({ x, width: wide, segments: [segment] });
  }
  return found;
}

export const stretchAt = (all: readonly Stretch[], x: number) => all.find((one) => x >= one.x && x < one.x + one.width);
