import { describe, expect, it } from 'vitest';
import { Graph } from '../graph';
import { renamed, strangersOf } from './strangers';
import type { Field } from './values';

const field = (name: string, label: string, ...aliases: string[]): [string, Field] => [
  name,
  { name, label, aliases, unit: 'text', description: '', hidden: false },
];
const FIELDS = new Map([field('state', 'State', 'status'), field('mem_bytes', 'Memory', 'mem'), field('cpu_pct', 'CPU', 'cpu')]);
const strangers = (filter: string, graph?: Graph) =>
  strangersOf(filter, FIELDS, graph).map(({ field, near }) => (near === undefined ? field : `${field} ${near}`));

describe('fields that nobody knows', () => {
  it('are told with what they may have been meant to be', () => {
    expect(strangers('stae:running memry > 5')).toEqual(['stae state', 'memry mem']);
    expect(strangers('-has:cppu')).toEqual(['cppu cpu']);
    expect(strangers('wholly:else')).toEqual(['wholly']);
    expect(strangers('(state:a or (stat:b cpu > 1)) or stae:x')).toEqual(['stat state', 'stae state']);
  });

  it('are not those that are known, by any name, nor keys of maps', () => {
    for (const filter of ['STATE=x status:x mem > 1', 'label:app=web labels.tier:x env.PATH:x', 'id:1 kind=host', 'web "a:b" a\\:b', ''])
      expect(strangers(filter), filter).toEqual([]);
  });

  it('are not those that nodes have', () => {
    const graph = new Graph();
    graph.apply({
      type: 'snapshot',
      seq: 1,
      epoch: 1,
      at: '',
      view: 'x',
      metrics: ['wins_total'],
      nodes: { n: [0], id: ['a'], kind: ['x'], name: ['a'], role: ['member'], facts: [{ attrs: { team: 'a', rack: { row: 1 } } }] },
    });
    expect(strangers('team:a rack.row=1 wins_total > 1 rank:1', graph)).toEqual(['rank']);
  });

  it('are replaced where they are written', () => {
    expect(renamed('web stae:running (stae=a or -has:stae) "stae"', 'stae', 'state')).toBe(
      'web state:running (state=a or -has:state) "stae"',
    );
  });
});
