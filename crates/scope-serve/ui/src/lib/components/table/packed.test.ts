import { expect, it } from 'vitest';
import { byFigure, isMixed } from './packed';

it('puts rows in the order that comparing them does, and equal ones as they came', () => {
  let seed = 5;
  const upTo = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most;
  const odd = [0, -0, 1, -1, 0.1, -0.1, Infinity, -Infinity, 1e300, -1e300, 5e-324, -5e-324, 2 ** 53, 2 ** 32, -Number.MAX_VALUE];
  const kinds: (() => number)[] = [
    () => odd[upTo(odd.length)]!,
    () => upTo(10),
    () => upTo(2 ** 31) / 977 - 1_000_000,
    () => Math.round(upTo(2 ** 31) / 1e6) / 100,
    () => -upTo(2 ** 31) * 2 ** upTo(900),
    // Those that only their last bits tell apart, above and below zero.
    () => 2 ** 52 + upTo(3000),
    () => -(2 ** 52) - upTo(40),
    () => (upTo(2) ? 1 : -1) * (1 + upTo(50) * Number.EPSILON),
  ];
  for (let run = 0; run < 240; run += 1) {
    const kind = kinds[run % kinds.length]!;
    const rows = Array.from({ length: upTo(300) }, (_, at) => 3 * at + upTo(3));
    // In no order, as rows by name are.
    rows.sort((a, b) => ((a * 7919) % 1009) - ((b * 7919) % 1009) || a - b);
    const keys = new Float64Array(1000);
    for (const n of rows) keys[n] = kind();
    const places = new Map(rows.map((n, at) => [n, at]));
    // Infinity less itself is no number.
    const compared = [...rows].sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : places.get(a)! - places.get(b)!));
    expect(byFigure(rows, keys), `run ${run}`).toEqual(compared);
  }
});

it('tells what is turned around, or moved a little, from what has other figures', () => {
  const rows = Array.from({ length: 400 }, (_, at) => at);
  const mixed = (key: (at: number) => number) =>
    isMixed(
      rows,
      Float64Array.from(rows, (_, at) => key(at)),
    );
  expect(mixed((at) => at)).toBe(false);
  expect(mixed((at) => -at)).toBe(false);
  expect(mixed(() => 1)).toBe(false);
  expect(mixed((at) => (at % 40 === 0 ? 0 : at))).toBe(false);
  expect(mixed((at) => (at * 7919) % 1009)).toBe(true);
  expect(isMixed([], new Float64Array())).toBe(false);
});
