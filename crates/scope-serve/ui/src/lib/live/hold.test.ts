import { describe, expect, it } from 'vitest';
import { Hold } from './hold';

describe('what is held', () => {
  const start = () => {
    const applied: string[] = [];
    let restarts = 0;
    const hold = new Hold<{ type: string; text: string }>(
      ({ text }) => applied.push(text),
      () => (restarts += 1),
    );
    const say = (text: string, type = 'figures') => hold.take({ type, text }, applied.length === 0);
    return { applied, hold, say, restarts: () => restarts };
  };

  it('comes in order when it goes on, and what comes first comes at once', () => {
    const { applied, hold, say } = start();
    hold.pause();
    for (const text of ['a', 'b', 'c']) say(text);
    expect(applied).toEqual(['a']);
    hold.resume();
    say('d');
    expect(applied).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is replaced by a snapshot, and by one that is asked for where it is too much', () => {
    const { applied, hold, say, restarts } = start();
    say('a');
    hold.pause();
    say('b');
    say('c', 'snapshot');
    hold.resume();
    expect(applied).toEqual(['a', 'c']);
    hold.pause();
    for (let at = 0; at <= 600; at++) say('x');
    expect(restarts()).toBe(1);
    hold.resume();
    expect(applied).toEqual(['a', 'c']);
  });
});
