import { describe, expect, it } from 'vitest';
import { batch } from './frames.fixture';
import { Host } from './host';
import { Rows, type Wanted } from './rows';

const T = 1_800_000_000_000;
const all: Wanted = { search: '', sort: 'cpu', busy: false };
const names = (rows: Rows, host: Host, wanted: Partial<Wanted> = {}) =>
  rows.of(host, { ...all, ...wanted }, 'ws://h1:8080/').map((row) => row.name);
const some = (name: string, cpu_pct: number) => ({ id: `id-${name}`, name, cpu_pct });

describe('rows', () => {
  it('are sorted, and the same array while nothing moves', () => {
    const [rows, host] = [new Rows(), new Host()];
    host.take(batch([some('a', 1), some('b', 50), some('c', 20)], T), T, 'cpu');
    expect(names(rows, host)).toEqual(['b', 'c', 'a']);
    const before = rows.of(host, all, '');
    host.take(batch([some('a', 1), some('b', 48), some('c', 21)], T + 1000), T + 1000, 'cpu');
    expect(rows.of(host, all, '')).toBe(before);
    host.take(batch([some('a', 400), some('c', 20), some('d', 99)], T + 2000), T + 2000, 'cpu');
    expect(names(rows, host)).toEqual(['a', 'd', 'c']);
  });

  it('are searched by name, id, and the host’s own name and address', () => {
    const [rows, host] = [new Rows(), new Host()];
    host.take(batch([some('Web-1', 1), some('db', 0)], T), T, 'cpu');
    expect(names(rows, host, { search: ' WEB' })).toEqual(['Web-1']);
    expect(names(rows, host, { search: 'id-d' })).toEqual(['db']);
    expect(names(rows, host, { search: 'h1:80' })).toEqual(['Web-1', 'db']);
    expect(names(rows, host, { search: '.*' })).toEqual([]);
    expect(names(rows, host, { busy: true })).toEqual(['Web-1']);
  });
});
