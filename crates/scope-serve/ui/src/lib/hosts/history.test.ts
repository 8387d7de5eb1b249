import { describe, expect, it } from 'vitest';
import { Ring, blend, recent } from './history';

describe('rings', () => {
  it('keep the newest and have gaps where nothing was written', () => {
    const ring = new Ring(4);
    for (const [at, value] of [1, 2, 3, 4, NaN, 6].entries()) ring.set(at, value);
    expect([...recent(ring, 5, new Float64Array(3))]).toEqual([4, NaN, 6]);
    expect([...recent(ring, 5, new Float64Array(4))]).toEqual([3, 4, NaN, 6]);
  });

  it('show nothing before the first batch', () => {
    const ring = new Ring(4);
    ring.set(0, 7);
    expect([...recent(ring, 0, new Float64Array(3))]).toEqual([NaN, NaN, 7]);
  });

  it('smooth, and begin anew after a gap', () => {
    expect(blend(NaN, 8, 0.25)).toBe(8);
    expect(blend(8, 0, 0.25)).toBe(6);
    expect(blend(8, NaN, 0.25)).toBeNaN();
    const ring = new Ring(8);
    for (const [at, value] of [8, 0, NaN, 4].entries()) ring.set(at, value);
    expect([...recent(ring, 3, new Float64Array(4), 0.25)]).toEqual([8, 6, NaN, 4]);
  });
});
