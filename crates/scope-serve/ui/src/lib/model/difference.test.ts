import { expect, it } from 'vitest';
import type { NodeFacts, NodeSaid } from '../live/messages';
import { AGENTS, bitsOf, MEMBERS, PARENTS, take } from './difference';

const facts = (): NodeFacts => ({
  parents: ['host:a'],
  agents: ['a'],
  attrs: { state: 'running', labels: { app: 'web' }, command: ['web', '--config'] },
});
const [STATE, LABELS] = [bitsOf('state'), bitsOf('labels')];

it('takes over what was said, and says what it is of', () => {
  const { parents, agents, attrs } = facts();
  const cases: [NodeFacts, NodeSaid, NodeFacts, number][] = [
    [facts(), { name: 'x' }, facts(), 0],
    [facts(), { parents: ['host:b'] }, { parents: ['host:b'], agents: agents!, attrs: attrs! }, PARENTS],
    [facts(), { agents: ['a', 'b'], members: 2 }, { ...facts(), agents: ['a', 'b'], members: 2 }, AGENTS | MEMBERS],
    [{ members: 2, parents: parents! }, { members: null }, { parents: parents! }, MEMBERS],
    [facts(), { attrs: { state: 'paused' } }, { ...facts(), attrs: { ...attrs, state: 'paused' } }, STATE],
    [facts(), { attrs: { labels: { team: 'a' } } }, { ...facts(), attrs: { ...attrs, labels: { team: 'a' } } }, LABELS],
    [{ attrs: { state: 'running', id: 1 } }, { attrs: { state: null, labels: {} } }, { attrs: { labels: {}, id: 1 } }, STATE | LABELS],
    [{}, { attrs: { state: 'running' } }, { attrs: { state: 'running' } }, STATE],
  ];
  for (const [before, said, after, bits] of cases) expect(take(before, said), JSON.stringify(said)).toEqual([after, bits]);
});

it('has a bit for what nobody asks for, and none of those that are asked for', () => {
  const [, bits] = take({ attrs: { unheard_of: 1 } }, { attrs: { unheard_of: 2, toString: null }, addresses: ['10.0.0.1'] });
  expect(bits).not.toBe(0);
  expect(bits & (STATE | LABELS | PARENTS | AGENTS | MEMBERS)).toBe(0);
});

it('leaves what was before as it was, and keeps what is not another', () => {
  const before = facts();
  const [now] = take(before, { attrs: { state: 'exited', command: null } });
  expect(before).toEqual(facts());
  expect(now.parents).toBe(before.parents);
  expect(now.attrs!['labels']).toBe(before.attrs!['labels']);
});

it('is not misled by attributes that are called like what every object has', () => {
  const said = (text: string) => JSON.parse(text) as NodeSaid & NodeFacts;
  const [one, two] = [
    '{"attrs":{"__proto__":{"a":1},"constructor":{}}}',
    '{"attrs":{"__proto__":{"a":2},"toString":1,"constructor":null}}',
  ];
  const [now] = take(said(one), said(two));
  expect(JSON.stringify(now)).toBe('{"attrs":{"__proto__":{"a":2},"toString":1}}');
  expect(Object.getPrototypeOf(now.attrs)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
});
