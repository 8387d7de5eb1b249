import { describe, expect, it } from 'vitest';
import { reflow, type Rect } from './reflow';

const grid = (columns: number, rows: number): Rect[] =>
  Array.from({ length: columns * rows }, (_, at) => ({ x: (at % columns) * 140, y: Math.floor(at / columns) * 100, w: 100, h: 60 }));

const moved = (rects: Rect[], ways: Float32Array) =>
  rects.map((rect, at) => ({ ...rect, x: rect.x + ways[at * 2]!, y: rect.y + ways[at * 2 + 1]! }));

describe('reflow', () => {
  it('makes what is wide as high as the screen, in the same order, and none over another', () => {
    const rects = grid(8, 2);
    const after = moved(rects, reflow(rects, 0.5)!);
    const width = Math.max(...after.map((rect) => rect.x + rect.w));
    const height = Math.max(...after.map((rect) => rect.y + rect.h));
    expect(width / height).toBeLessThan(0.8);
    for (const [at, rect] of after.entries()) {
      const before = after[at - 1];
      if (before) expect(rect.y > before.y || (rect.y === before.y && rect.x >= before.x + before.w)).toBe(true);
    }
  });

  it('puts what is in no cluster below the clusters', () => {
    const rects = [...grid(4, 2), { x: 300, y: 80, w: 40, h: 20, apart: true }];
    const after = moved(rects, reflow(rects, 0.5)!);
    const lowest = Math.max(...after.slice(0, -1).map((rect) => rect.y + rect.h));
    expect(after.at(-1)!.y).toBeGreaterThan(lowest);
  });

  it('leaves alone what fits, and what is one', () => {
    expect(reflow(grid(2, 5), 0.5)).toBeUndefined();
    expect(reflow(grid(1, 1), 0.5)).toBeUndefined();
  });
});
