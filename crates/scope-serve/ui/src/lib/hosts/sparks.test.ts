import { describe, expect, it } from 'vitest';
import { Ring } from './history';
import { SHOWN, scale, trace } from './sparks';

describe('sparklines', () => {
  it('draw CPU from zero, so that an idle container is flat', () => {
    expect(scale('cpu', Float64Array.of(NaN, 0.2, 0.4))).toEqual({ low: 0, high: 10 });
    expect(scale('cpu', Float64Array.of(150, 80))).toEqual({ low: 0, high: 150 });
    expect(scale('cpu', Float64Array.of(NaN))).toEqual({ low: 0, high: 10 });
  });

  it('draw memory around where it is, without making mountains of a page more or less', () => {
    const { low, high } = scale('memory', Float64Array.of(1000, 1001));
    expect(high - low).toBeGreaterThan(100);
    const grown = scale('memory', Float64Array.of(1000, 2000));
    expect([grown.low, grown.high]).toEqual([900, 2100]);
  });

  it('have gaps where nothing is known', () => {
    const ring = new Ring(SHOWN);
    for (const [at, value] of [5, 10, NaN, 10, 0].entries()) ring.set(at, value);
    const said: string[] = [];
    const path = {
      moveTo: (x: number, y: number) => said.push(`move ${x} ${y}`),
      lineTo: (x: number, y: number) => said.push(`line ${x} ${y}`),
    };
    trace(path as unknown as CanvasPath, 'cpu', ring, 4, false, 0, 0, SHOWN - 1, 20);
    expect(said).toEqual(['move 55 10', 'line 56 0', 'move 58 0', 'line 59 20']);
  });
});
