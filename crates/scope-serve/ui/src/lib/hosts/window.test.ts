import { describe, expect, it } from 'vitest';
import { visibleRows } from './window';

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
