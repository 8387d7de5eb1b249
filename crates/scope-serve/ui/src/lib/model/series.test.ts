import { describe, expect, it } from 'vitest';
import { ceiling, nearest, Series } from './series';

const iso = (second: number) => new Date(second * 1000).toISOString();
const point = (second: number, mean: number) => ({ at: iso(second), mean });

describe('series', () => {
  it('puts together what is remembered and what arrives', () => {
    const series = new Series();
    series.add(120_000, 9);
    series.remember([point(0, 1), point(15, 2), point(100, 3)], [point(90, 4), point(92, 5)]);
    expect(series.samples.map(({ at, value }) => [at / 1000, value])).toEqual([
      [0, 1],
      [15, 2],
      [90, 4],
      [92, 5],
      [120, 9],
    ]);
  });

  it('is in order, bounded, and takes no nonsense', () => {
    const series = new Series();
    for (let second = 0; second < 5000; second += 1) series.add(second * 1000, second);
    expect(series.samples.length).toBeLessThanOrEqual(1200);
    series.add(1, 7);
    series.add(NaN, 7);
    series.add(6e6, Infinity);
    series.add(4_999_000, 8);
    expect(series.last).toEqual({ at: 4_999_000, value: 8 });
  });
});

describe('charts', () => {
  const samples = [1, 2, 4].map((at) => ({ at, value: at * 10 }));
  it('find what the pointer is at', () => {
    expect(nearest(samples, 2.9)?.at).toBe(2);
    expect(nearest(samples, 3.1)?.at).toBe(4);
    expect(nearest(samples, -5)?.at).toBe(1);
    expect(nearest([], 1)).toBeUndefined();
  });
  it('go up to a limit that is near, and not to one that is far', () => {
    expect(ceiling([samples], 50, 0)).toBeCloseTo(54);
    expect(ceiling([samples], 5000, 0)).toBeCloseTo(46);
    expect(ceiling([[]], undefined, 0)).toBe(1);
  });
});
