import { expect, it } from 'vitest';
import { shared } from './shared';

const facts = () => ({ parents: ['host:a'], attrs: { state: 'running', labels: { app: 'web', team: 'shop' }, ports: [{ port: 80 }] } });

it('is what it was before, where both say the same', () => {
  const before = facts();
  expect(shared(before, facts())).toBe(before);
});

it('says what is said now, in parts that were there before', () => {
  const before = facts();
  const now = { ...facts(), attrs: { ...facts().attrs, state: 'exited', exit_code: 0 } };
  const found = shared(before, structuredClone(now));
  expect(found).toEqual(now);
  expect(found.parents).toBe(before.parents);
  expect(found.attrs.labels).toBe(before.attrs.labels);
  expect(found.attrs.ports).toBe(before.attrs.ports);
  expect(before).toEqual(facts());
});

it('tells apart what has more, less, or another kind', () => {
  for (const [before, now] of [
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ toString: 'a' }, {}],
    [[1, 2], [1]],
    [[1], [1, 2]],
    [[], {}],
    [{}, []],
    [null, {}],
    [{}, null],
    [{ 0: 'a' }, ['a']],
    [['a'], 'a'],
  ] as [unknown, unknown][]) {
    expect(shared(before, structuredClone(now)), JSON.stringify([before, now])).toStrictEqual(now);
  }
});
