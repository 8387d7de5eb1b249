import { describe, expect, it } from 'vitest';
import { ceiling, nearest, place, points } from './chart';
import { Ring } from './history';

function series(values: number[], length = 10) {
  const rings = { times: new Ring(10), values: new Ring(length) };
  for (const [at, value] of values.entries()) {
    rings.times.set(at, 1000 * at);
    rings.values.set(at, value);
  }
  return { ...rings, batch: values.length - 1 };
}

describe('charts', () => {
  it('take the points of their span, gaps and all', () => {
    expect(points(series([1, 2, NaN, 4]), 1000)).toEqual([
      { at: 1000, value: 2 },
      { at: 2000, value: NaN },
      { at: 3000, value: 4 },
    ]);
    expect(points(series([1, 2, 3, 4], 2), 0).map((point) => point.value)).toEqual([3, 4]);
    expect(points(series([8, 0, 0]), 2000, 0.25)).toEqual([{ at: 2000, value: 4.5 }]);
    expect(points(series([]), 0)).toEqual([]);
  });

  it('find what is under the pointer', () => {
    const all = points(series([1, 2, 3]), 0);
    expect(nearest(all, 1400, 1000)?.value).toBe(2);
    expect(nearest(all, 9000, 1000)).toBeUndefined();
  });

  it('have round scales', () => {
    expect([0, 0.3, 7, 101, 480].map((value) => ceiling(value, false))).toEqual([1, 0.5, 10, 200, 500]);
    expect([0, 3e9].map((value) => ceiling(value, true))).toEqual([1 << 20, 2 ** 32]);
  });

  it('put the newest on the right and the largest on top', () => {
    const frame = { width: 100, height: 50, edge: 10_000, span: 10_000, top: 8 };
    expect(place(frame, { at: 10_000, value: 8 })).toEqual([100, 4]);
    expect(place(frame, { at: 0, value: 0 })).toEqual([0, 48]);
    expect(place(frame, { at: 5000, value: 99 })).toEqual([50, 4]);
  });
});
