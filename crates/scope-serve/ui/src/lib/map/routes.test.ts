import { describe, expect, it } from 'vitest';
import { Obstacles } from './obstacles';
import { connect, pointOn } from './plain-curve';
import { Routes } from './routes';

type Rect = [left: number, top: number, width: number, height: number];

/** Numbers that look random and are the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const obstaclesOf = (rects: Rect[]) =>
  new Obstacles(Float32Array.from(rects.flatMap(([l, t, w, h]) => [l, t, l + w, t + h])), Int32Array.from(rects.keys()));
const between = (routes: Routes, rects: Rect[], from: number, to: number, aside = 0) =>
  routes.of([{ a: Float32Array.from(rects[from]!), b: Float32Array.from(rects[to]!), from, to, aside }])[0]!;

/** The boxes that a curve runs behind, its ends among them. */
function behind(curve: Float32Array, rects: Rect[]): number[] {
  const found = new Set<number>();
  for (let at = 0; at < curve.length; at += 8) {
    const points = Array.from({ length: 61 }, (_, step) => pointOn(curve, at, step / 60));
    rects.forEach(([l, t, w, h], box) => {
      if (points.some(([x, y]) => x > l + 0.1 && x < l + w - 0.1 && y > t + 0.1 && y < t + h - 0.1)) found.add(box);
    });
  }
  return [...found];
}

/** A curve of several pieces holds together, and begins and ends at the borders of its boxes. */
function whole(curve: Float32Array, rects: Rect[], from: number, to: number) {
  for (let at = 8; at < curve.length; at += 8) {
    expect(curve[at]).toBeCloseTo(curve[at - 2]!, 3);
    expect(curve[at + 1]).toBeCloseTo(curve[at - 1]!, 3);
  }
  const onBorder = (x: number, y: number, [l, t, w, h]: Rect) =>
    Math.min(Math.abs(x - l), Math.abs(x - l - w), Math.abs(y - t), Math.abs(y - t - h)) < 0.01;
  expect(onBorder(curve[0]!, curve[1]!, rects[from]!)).toBe(true);
  expect(onBorder(curve.at(-2)!, curve.at(-1)!, rects[to]!)).toBe(true);
}

/** Boxes at places of a grid, moved within their places, some of which are empty: there is a way around each. */
function scattered(seed: number): Rect[] {
  const random = numbers(seed);
  const rects: Rect[] = [];
  for (let row = 0; row < 6; row++) {
    for (let column = 0; column < 6; column++) {
      if (random() < 0.35) continue;
      const [w, h] = [90 + 90 * random(), 36 + 20 * random()];
      rects.push([column * 210 + random() * (190 - w), row * 90 + random() * (70 - h), w, h]);
    }
  }
  return rects;
}

describe('Routes', () => {
  const row: Rect[] = [0, 250, 500].map((x): Rect => [x, 0, 180, 50]);

  it('leaves a curve alone that runs behind nothing', () => {
    const plain = new Float32Array(8);
    connect(Float32Array.from(row[0]!), Float32Array.from(row[1]!), plain, 0);
    expect([...between(new Routes(obstaclesOf(row)), row, 0, 1)]).toEqual([...plain]);
  });

  it('goes around what stands in the way', () => {
    const curve = between(new Routes(obstaclesOf(row)), row, 0, 2);
    expect(behind(curve, row)).toEqual([]);
    whole(curve, row, 0, 2);
  });

  it('finds a way between the boxes of a cluster', () => {
    const rects: Rect[] = [];
    for (let at = 0; at < 30; at++) rects.push([(at % 5) * 164, Math.floor(at / 5) * 56, 150, 42]);
    const routes = new Routes(obstaclesOf(rects));
    for (const [from, to] of [
      [0, 29],
      [0, 4],
      [2, 27],
      [25, 4],
      [7, 22],
    ] as const) {
      const curve = between(routes, rects, from, to);
      expect(behind(curve, rects), `${from} to ${to}`).toEqual([]);
      whole(curve, rects, from, to);
    }
  });

  it('runs behind nothing, wherever boxes are', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const rects = scattered(seed);
      const random = numbers(seed * 77);
      const routes = new Routes(obstaclesOf(rects));
      for (let link = 0; link < 12; link++) {
        const from = Math.floor(random() * rects.length);
        const to = Math.floor(random() * rects.length);
        if (from === to) continue;
        const curve = between(routes, rects, from, to);
        expect(behind(curve, rects), `${from} to ${to} of ${seed}`).toEqual([]);
        whole(curve, rects, from, to);
      }
    }
  }, 30_000);

  it('yields the same for the same places', () => {
    const rects = scattered(5);
    const all = () => {
      const routes = new Routes(obstaclesOf(rects));
      return rects.map((_, at) => [...between(routes, rects, at, (at * 7 + 3) % rects.length === at ? 0 : (at * 7 + 3) % rects.length)]);
    };
    expect(all()).toEqual(all());
  });

  it('keeps apart two that go the same way, and the two directions of a pair', () => {
    const routes = new Routes(obstaclesOf(row));
    for (const [one, other] of [
      [between(routes, row, 0, 2, 5), between(routes, row, 2, 0, -5)],
      [between(routes, row, 0, 1, 5), between(routes, row, 1, 0, -5)],
    ] as const) {
      let least = Infinity;
      for (let at = 0; at < one.length; at += 8)
        for (let step = 0; step <= 20; step++)
          for (let back = 0; back < other.length; back += 8)
            for (let stop = 0; stop <= 20; stop++) {
              const [x, y] = pointOn(one, at, step / 20);
              const [ox, oy] = pointOn(other, back, stop / 20);
              least = Math.min(least, Math.hypot(x - ox, y - oy));
            }
      expect(least).toBeGreaterThan(3);
    }
  });

  it('ends, whatever stands where', () => {
    const random = numbers(3);
    const heap = Array.from({ length: 60 }, (): Rect => [random() * 300, random() * 200, 150, 42]);
    heap.push([NaN, NaN, 150, 42], [-1e9, 500, 2e9, 42], [0, 0, 0, 0]);
    const routes = new Routes(obstaclesOf(heap));
    for (let from = 0; from < heap.length; from++) {
      const curve = between(routes, heap, from, (from * 13 + 1) % heap.length);
      expect(curve.length % 8).toBe(0);
      expect(curve.length).toBeGreaterThan(0);
    }
  });
});
