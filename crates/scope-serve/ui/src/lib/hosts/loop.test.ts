import { expect, it } from 'vitest';
import { loops, NEVER, startsOf, WATCHED_MS } from './loop';

const through = (uptimes: number[], every = 1000) => {
  let [starts, was, at] = [NEVER, NaN, 0];
  return uptimes.map((is) => {
    starts = startsOf(starts, was, is, (at += every));
    was = is;
    return loops(starts);
  });
};

it('takes what waits to be started again for a loop, and what runs in between', () => {
  expect(through([3, 4, NaN, NaN, 0, 1, 2])).toEqual([false, false, true, true, true, true, true]);
});

it('takes what starts twice for a loop, and not what somebody restarts or what a clock does', () => {
  expect(through([300, 0, 1, 2])).toEqual([false, false, false, false]);
  expect(through([300, 0, 9, 1, 2])).toEqual([false, false, false, true, true]);
  expect(through([300, 299, 300, 299])).toEqual([false, false, false, false]);
});

it('knows nothing of what has never told its uptime', () => {
  expect(through([NaN, NaN, 5])).toEqual([false, false, false]);
});

it('forgets a loop that is over', () => {
  expect(through([3, NaN, 1, 600, 1200], WATCHED_MS / 2)).toEqual([false, true, true, false, false]);
});
