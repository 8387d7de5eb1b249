import { describe, expect, it } from 'vitest';
import { tilesOf, visibleRows } from './window';

describe('visible rows', () => {
  it.each([
    [100, 900, 300, { from: 0, to: 32 }],
    [-2800, 900, 300, { from: 96, to: 136 }],
    [-2810, 900, 300, { from: 96, to: 136 }],
    [-9000, 900, 300, { from: 300, to: 300 }],
    [2000, 900, 300, { from: 0, to: 0 }],
    [0, 900, 0, { from: 0, to: 0 }],
    [0, 900, 5, { from: 0, to: 5 }],
  ])('of a list at %i in %i pixels with %i rows', (top, seen, count, rows) => expect(visibleRows(top, seen, 28, count)).toEqual(rows));
});

describe('tiles', () => {
  it('stay where they are while the list is scrolled, and end where it does', () => {
    expect(tilesOf({ from: 0, to: 32 }, 100)).toEqual([{ from: 0, to: 32 }]);
    expect(tilesOf({ from: 4, to: 36 }, 100)).toEqual([
      { from: 0, to: 32 },
      { from: 32, to: 64 },
    ]);
    expect(tilesOf({ from: 88, to: 100 }, 100).at(-1)).toEqual({ from: 96, to: 100 });
    expect(tilesOf({ from: 0, to: 8 }, 8)).toEqual([{ from: 0, to: 8 }]);
    expect(tilesOf({ from: 0, to: 0 }, 0)).toEqual([]);
  });
});
