import { describe, expect, it } from 'vitest';
import { Clock } from './clock';

const T = 1_800_000_000_000;

describe('the clock of an agent', () => {
  it('knows nothing at first', () => {
    const clock = new Clock();
    clock.note(NaN, T);
    expect([clock.ahead, clock.isLarge]).toEqual([NaN, false]);
  });

  it('takes the fastest frame for the difference', () => {
    const clock = new Clock();
    for (const [at, travel] of [30, 5, 400, 12].entries()) clock.note(T + at * 1000 + 60_000, T + at * 1000 + travel);
    expect(clock.ahead).toBe(59_995);
    expect(clock.delay).toBe(7);
    expect(clock.isLarge).toBe(true);
    expect(clock.here(T + 60_000)).toBe(T + 5);
  });

  it('brings agents whose clocks differ to one time', () => {
    const [slow, fast] = [new Clock(), new Clock()];
    slow.note(T - 7_200_000, T + 3);
    fast.note(T + 90_000, T + 3);
    expect(slow.here(T - 7_200_000)).toBe(fast.here(T + 90_000));
  });

  it('follows a clock that is set, forward at once and backward after a few frames, but no hiccup of the network', () => {
    const clock = new Clock();
    for (let at = 0; at < 10; at += 1) clock.note(T + at * 1000, T + at * 1000 + 5);
    clock.note(T + 10_000, T + 19_000);
    expect(clock.ahead).toBe(-5);
    clock.note(T + 19_000, T + 19_005);
    for (let at = 20; at < 25; at += 1) clock.note(T + at * 1000 - 30_000, T + at * 1000 + 5);
    expect(clock.ahead).toBe(-30_005);
    clock.note(T + 90_000, T + 30_000);
    expect(clock.ahead).toBe(60_000);
  });

  it('forgets what was long ago, so that it follows drift', () => {
    const clock = new Clock();
    for (let at = 0; at < 200; at += 1) clock.note(T + at * 1000, T + at * 1000 + 5 + at);
    expect(clock.ahead).toBeLessThan(-130);
  });
});
