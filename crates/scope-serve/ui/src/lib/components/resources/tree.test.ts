import { describe, expect, it } from 'vitest';
import { stretchAt, stretches } from './bar';
import { rowsOf, Steady, type Fleet, type HostUse, type Used } from './tree';

const used = (id: string, value: number, kind = 'container'): Used => ({ id, name: id, kind, value, limit: undefined, health: 'healthy' });
const host = (id: string, value: number, capacity?: number): HostUse => ({ ...used(id, value, 'host'), capacity });
const opens = new Set(['container']);

describe('rows', () => {
  const fleet: Fleet = {
    hosts: [host('a', 100, 400), host('b', 200, 400)],
    on: new Map([
      ['a', [used('a1', 20), used('a2', 50)]],
      ['b', [used('b1', 200)]],
      ['', [used('lost', 1)]],
    ]),
    inside: new Map([['a2', [used('p1', 30, 'process'), used('p2', 20, 'process')]]]),
  };
  const steady = new Steady();
  steady.look(fleet);

  it('are hosts with what uses most first, and the rest', () => {
    const rows = rowsOf(fleet, steady, { open: [], ofCapacity: true, opens });
    expect(rows.map((row) => [row.key, row.depth, row.scale, row.expanded])).toEqual([
      ['b', 0, 400, false],
      ['a', 0, 400, false],
      ['', 0, 400, false],
    ]);
    expect(rows[1]?.segments.map((segment) => [segment.used?.id, segment.value])).toEqual([
      ['a2', 50],
      ['a1', 20],
      [undefined, 30],
    ]);
  });

  it('open to containers and to processes', () => {
    const rows = rowsOf(fleet, steady, { open: ['a', 'a2'], ofCapacity: false, opens });
    expect(rows.map((row) => `${row.depth} ${row.key}`)).toEqual(['0 b', '0 a', '1 a2', '2 a2 p1', '2 a2 p2', '1 a1', '0 ']);
    expect(rows[2]?.segments.map((segment) => segment.used?.id)).toEqual(['p1', 'p2']);
  });

  it('that are new come last, by what they use at first, and stay there', () => {
    const orders = [5, 900].map((value) => {
      const inside = new Map([['a1', [used('q1', value, 'process'), used('q2', 30, 'process')]]]);
      steady.meet({ ...fleet, inside });
      return rowsOf({ ...fleet, inside }, steady, { open: ['a', 'a1'], ofCapacity: true, opens }).map((row) => row.key);
    });
    expect(orders[0]).toEqual(['b', 'a', 'a2', 'a1', 'a1 q2', 'a1 q1', '']);
    expect(orders[1]).toEqual(orders[0]);
  });

  it('stay in their places while figures move', () => {
    const moved: Fleet = { ...fleet, hosts: [host('a', 999, 400), host('c', 5), host('b', 1, 400)] };
    steady.meet(moved);
    expect(rowsOf(moved, steady, { open: [], ofCapacity: true, opens }).map((row) => row.key)).toEqual(['b', 'a', 'c', '']);
    steady.look(moved);
    expect(rowsOf(moved, steady, { open: [], ofCapacity: true, opens })[0]?.key).toBe('a');
  });
});

describe('bars', () => {
  const segments = [100, 50, 1, 1, 1, 1].map((value, at) => ({ used: used(String(at), value), value }));
  it('put what is too narrow together', () => {
    const all = stretches(segments, 200, 200);
    expect(all.map((one) => [one.x, one.width, one.segments.length])).toEqual([
      [0, 100, 1],
      [100, 50, 1],
      [150, 4, 4],
    ]);
    expect(stretchAt(all, 120)?.segments[0]?.used?.id).toBe('1');
    expect(stretchAt(all, 199)).toBeUndefined();
  });
});
