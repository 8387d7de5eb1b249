import { describe, expect, it } from 'vitest';
import { Slots } from './slots';

const rows = (ids: string, from = 0) => [...ids].map((id, at) => ({ row: { id }, at: at + from }));
const never = () => false;
const keys = (slots: readonly { key: number }[]) => slots.map(({ key }) => key);

describe('slots', () => {
  it('stay in their places while rows change theirs', () => {
    const slots = new Slots();
    const first = keys(slots.of(rows('abcd'), undefined, never));
    expect(new Set(first).size).toBe(4);
    expect(keys(slots.of(rows('dbca'), undefined, never))).toEqual(first);
  });

  it('go along with the row that has the focus', () => {
    const slots = new Slots();
    const [, second] = keys(slots.of(rows('abcd'), 'b', never));
    const after = slots.of(rows('acdb'), 'b', never);
    expect(after.find(({ row }) => row.id === 'b')?.key).toBe(second);
    expect(new Set(keys(after)).size).toBe(4);
    // Its own place was taken over by the element that it took the place of.
    expect(keys(slots.of(rows('bacd'), 'b', never))[0]).toBe(second);
  });

  it('do not move when another row gets the focus', () => {
    const slots = new Slots();
    const first = keys(slots.of(rows('abcd'), 'b', never));
    expect(keys(slots.of(rows('abcd'), 'd', never))).toEqual(first);
    expect(keys(slots.of(rows('abcd'), undefined, never))).toEqual(first);
  });

  it('are used again for rows that come into sight', () => {
    const slots = new Slots();
    const first = keys(slots.of(rows('abcd'), undefined, never));
    const after = keys(slots.of(rows('cdef', 2), undefined, never));
    expect(after.slice(0, 2)).toEqual(first.slice(2));
    expect(new Set(after)).toEqual(new Set(first));
    expect(keys(slots.of(rows('cd', 2), undefined, never))).toEqual(first.slice(2));
  });

  it('show a row that is held and was not shown before', () => {
    const slots = new Slots();
    slots.of(rows('ab'), undefined, never);
    const after = slots.of([...rows('ab'), { row: { id: 'z' }, at: 40 }], 'z', never);
    expect(new Set(keys(after)).size).toBe(3);
  });

  it('are the same objects where there is nothing new to tell', () => {
    const slots = new Slots();
    const first = slots.of(
      rows('abcd').map(({ row, at }) => ({ row, at })),
      undefined,
      never,
    );
    const list = first.map(({ row, at }) => ({ row, at }));
    expect(slots.of(list, undefined, never).every((slot, at) => slot === first[at])).toBe(true);
    const after = slots.of([list[0]!, { row: { id: 'x' }, at: 1 }, ...list.slice(2)], undefined, (at) => at === 3);
    expect(after.map((slot, at) => slot === first[at])).toEqual([true, false, true, false]);
  });
});
