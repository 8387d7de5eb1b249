import { describe, expect, it } from 'vitest';
import { compare, nextRank, type Ranked } from './order';

const row = (name: string, rank: number): Ranked => ({ id: name, name, rank });
const sorted = (rows: Ranked[], by: Parameters<typeof compare>[0]) => rows.sort(compare(by)).map((each) => each.name);

describe('order', () => {
  it('holds ranks where figures flutter', () => {
    let rank = nextRank(NaN, 50, 'cpu');
    for (const value of [52, 48, 55, 46]) rank = nextRank(rank, value, 'cpu');
    expect(rank).toBe(50);
    expect(nextRank(rank, 60, 'cpu')).toBe(60);
    expect(nextRank(0.2, 0.9, 'cpu')).toBe(0.2);
    expect(nextRank(0.2, 1.5, 'cpu')).toBe(1.5);
    expect(nextRank(-1, 0.1, 'cpu')).toBe(0.1);
  });

  it('puts what is not known last', () => {
    expect(sorted([row('a', -1), row('b', 0), row('c', 9)], 'cpu')).toEqual(['c', 'b', 'a']);
    expect(sorted([row('a', -1), row('b', 0), row('c', 9)], 'uptime')).toEqual(['b', 'c', 'a']);
  });

  it('sorts equals by name, numbers within as numbers', () => {
    expect(sorted([row('web-10', 1), row('web-9', 1), row('web-11', 5)], 'memory')).toEqual(['web-11', 'web-9', 'web-10']);
    expect(sorted([row('b', 5), row('a', 1)], 'name')).toEqual(['a', 'b']);
  });
});
