import { describe, expect, it } from 'vitest';
import { TURNS, Told, isDue } from './told';

const never = () => false;

describe('what the document tells', () => {
  it('follows the order in turns, and is right once all had theirs', () => {
    const told = new Told<string>();
    const first = [...'abcdefghij'];
    expect(told.of(first, 0, 'x', never)).toBe(first);
    const second = first.toReversed();
    const after = told.of(second, 1, 'x', never);
    expect(after).toEqual(first.map((row, at) => (isDue(at, 1) ? second[at] : row)));
    let last = after;
    for (let turn = 2; turn <= TURNS; turn += 1) last = told.of(second, turn, 'x', never);
    expect(last).toEqual(second);
    expect(told.of(second, TURNS + 1, 'x', never)).toBe(last);
  });

  it('follows at once where something else changed, and where it cannot wait', () => {
    const told = new Told<string>();
    told.of(['a', 'b', 'c'], 1, 'x', never);
    expect(told.of(['c', 'b', 'a'], 1, 'x', (at) => at === 0)).toEqual(['c', 'b', 'c']);
    expect(told.of(['c', 'a', 'b'], 1, 'y', never)).toEqual(['c', 'a', 'b']);
    expect(told.of(['b', 'a'], 1, 'y', never)).toEqual(['b', 'a']);
  });
});
