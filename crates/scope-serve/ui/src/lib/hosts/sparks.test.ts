import { describe, expect, it } from 'vitest';
import { scale, trace } from './sparks';

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
    const said: string[] = [];
    const path = {
      moveTo: (x: number, y: number) => said.push(`move ${x} ${y}`),
      lineTo: (x: number, y: number) => said.push(`line ${x} ${y}`),
    };
    trace(path as unknown as CanvasPath, 'cpu', [NaN, 5, 10, NaN, 10, 0], { x: 0, y: 0, width: 5, height: 20 });
    expect(said).toEqual(['move 1 10', 'line 2 0', 'move 4 0', 'line 5 20']);
  });
});
