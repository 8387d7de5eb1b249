import { describe, expect, it } from 'vitest';
import { Slots } from './slots';

const rows = (ids: string, from = 0) => [...ids].map((id, at) => ({ row: { id }, at: at + from }));
const keys = (slots: readonly { key: number }[]) => slots.map(({ key }) => key);

describe('slots', () => {
  it('stay in their places while rows change theirs', () => {
    const slots = new Slots();
    const first = keys(slots.of(rows('abcd'), undefined));
    expect(new Set(first).size).toBe(4);
    expect(keys(slots.of(rows('dbca'), undefined))).toEqual(first);
  });

  it('go along with the row that has the focus', () => {
    const slots = new Slots();
    const [, second] = keys(slots.of(rows('abcd'), 'b'));
    const after = slots.of(rows('acdb'), 'b');
    expect(after.find(({ row }) => row.id === 'b')?.key).toBe(second);
    expect(new Set(keys(after)).size).toBe(4);
    // Its own place was taken over by the element that it took the place of.
    expect(keys(slots.of(rows('bacd'), 'b'))[0]).toBe(second);
  });

  it('do not move when another row gets the focus', () => {
    const slots = new Slots();
    const first = keys(slots.of(rows('abcd'), 'b'));
    expect(keys(slots.of(rows('abcd'), 'd'))).toEqual(first);
    expect(keys(slots.of(rows('abcd'), undefined))).toEqual(first);
  });

  it('are used again for rows that come into sight', () => {
    const slots = new Slots();
    const first = keys(slots.of(rows('abcd'), undefined));
    const after = keys(slots.of(rows('cdef', 2), undefined));
    expect(after.slice(0, 2)).toEqual(first.slice(2));
    expect(new Set(after)).toEqual(new Set(first));
    expect(keys(slots.of(rows('cd', 2), undefined))).toEqual(first.slice(2));
  });

  it('show a row that is held and was not shown before', () => {
    const slots = new Slots();
    slots.of(rows('ab'), undefined);
    const after = slots.of([...rows('ab'), { row: { id: 'z' }, at: 40 }], 'z');
    expect(new Set(keys(after)).size).toBe(3);
  });
});
