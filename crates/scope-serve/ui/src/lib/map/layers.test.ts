import { describe, expect, it } from 'vitest';
import { layered } from './layers';

const boxes = (count: number) => Array.from({ length: count }, () => ({ w: 100, h: 40 }));
const overlapping = (places: Float32Array, count: number) => {
  for (let a = 0; a < count; a++)
    for (let b = 0; b < a; b++)
      if (Math.abs(places[a * 2]! - places[b * 2]!) < 99 && Math.abs(places[a * 2 + 1]! - places[b * 2 + 1]!) < 39) return true;
  return false;
};

describe('layered', () => {
  it('puts clients above servers', () => {
    const y = (places: Float32Array, item: number) => places[item * 2 + 1]!;
    const places = layered(boxes(4), [
      [0, 1],
      [1, 2],
      [0, 3],
    ]);
    expect(y(places, 0)).toBeLessThan(y(places, 1));
    expect(y(places, 1)).toBeLessThan(y(places, 2));
    expect(y(places, 0)).toBeLessThan(y(places, 3));
  });

  it('survives circles, loops and what is not linked, and never lays one box over another', () => {
    const links: [number, number][] = [[0, 0]];
    for (let i = 0; i < 60; i++) links.push([i, (i * 7) % 60], [(i * 3) % 60, i]);
    const places = layered(boxes(80), links);
    expect([...places].every(Number.isFinite)).toBe(true);
    expect(overlapping(places, 80)).toBe(false);
    expect(layered(boxes(80), links)).toEqual(places);
  });

  it('breaks rows that are too long', () => {
    const places = layered(
      boxes(101),
      Array.from({ length: 100 }, (_, i) => [i + 1, 0] as const),
    );
    const xs = [...places].filter((_, at) => at % 2 === 0);
    expect(Math.max(...xs) - Math.min(...xs)).toBeLessThan(2500);
    expect(overlapping(places, 101)).toBe(false);
  });
});
