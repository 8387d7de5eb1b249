import { expect, it } from 'vitest';
import type { NodeFacts } from '../live/messages';
import { AGENTS, bitsOf, differenceOf, MEMBERS, PARENTS } from './difference';

const facts = (): NodeFacts => ({
  parents: ['host:a'],
  agents: ['a'],
  attrs: { state: 'running', labels: { app: 'web' }, command: ['web', '--config'] },
});
const [STATE, LABELS] = [bitsOf('state'), bitsOf('labels')];

it('is nothing where both say the same', () => {
  expect(differenceOf(facts(), facts())).toBe(0);
  expect(differenceOf({}, {})).toBe(0);
});

it('says what is another, more, or gone', () => {
  const attrs = facts().attrs!;
  const cases: [NodeFacts, NodeFacts, number][] = [
    [facts(), { ...facts(), parents: ['host:b'] }, PARENTS],
    [facts(), { ...facts(), agents: ['a', 'b'], members: 2 }, AGENTS | MEMBERS],
    [facts(), { parents: ['host:a'], attrs }, AGENTS],
    [facts(), { ...facts(), attrs: { ...attrs, state: 'paused' } }, STATE],
    [facts(), { ...facts(), attrs: { ...attrs, labels: { app: 'web', team: 'a' } } }, LABELS],
    [{ attrs: { state: 'running' } }, { attrs: { labels: {} } }, STATE | LABELS],
    [{ attrs: { state: 'running' } }, {}, STATE],
    [{}, { attrs: { state: 'running' } }, STATE],
  ];
  for (const [before, now, bits] of cases) expect(differenceOf(before, structuredClone(now)), JSON.stringify(now)).toBe(bits);
});

it('has a bit for what nobody asks for, and none of those that are asked for', () => {
  const bits = differenceOf({ attrs: { unheard_of: 1, toString: 'x' } }, { attrs: { unheard_of: 2 }, addresses: ['10.0.0.1'] });
  expect(bits).not.toBe(0);
  expect(bits & (STATE | LABELS | PARENTS | AGENTS | MEMBERS)).toBe(0);
});

it('takes over what says what it said', () => {
  const before = facts();
  const now = { ...structuredClone(before), attrs: { ...structuredClone(before.attrs!), state: 'exited' } };
  differenceOf(before, now);
  expect(now.parents).toBe(before.parents);
  expect((now as NodeFacts).attrs!['labels']).toBe(before.attrs!['labels']);
  expect(before).toEqual(facts());
});

it('is not misled by attributes that are called like what every object has', () => {
  const said = (text: string) => JSON.parse(text) as NodeFacts;
  const [one, two] = ['{"attrs":{"__proto__":{"a":1},"constructor":{}}}', '{"attrs":{"__proto__":{"a":2},"toString":1}}'];
  expect(differenceOf(said(one), said(one))).toBe(0);
  expect(differenceOf(said(one), said(two))).not.toBe(0);
  expect(differenceOf({ attrs: {} }, said('{"attrs":{"__proto__":{}}}'))).not.toBe(0);
  expect(differenceOf(said('{"attrs":{"__proto__":{}}}'), { attrs: {} })).not.toBe(0);
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  const now = said(two);
  differenceOf(said(one), now);
  expect(now).toEqual(said(two));
});
