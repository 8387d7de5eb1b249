import { describe, expect, it } from 'vitest';
import { Graph } from '../graph';
import { facetsOf, labelFacetsOf, remembered, thresholdsOf } from './facets';

const graph = new Graph();
graph.apply({
  type: 'change',
  seq: 1,
  at: '',
  metrics: ['cpu_pct'],
  nodes: {
    n: [0, 1, 2],
    id: ['a', 'b', 'c'],
    kind: ['container', 'container', 'internet'],
    name: ['a', 'b', 'c'],
    role: ['member', 'group', 'pseudo'],
    facts: [
      { agents: ['host-a'], attrs: { state: 'running', labels: { app: 'web', uid: '1' }, restart_count: 2 } },
      { agents: ['host-b'], members: 3, attrs: { state: 'running', labels: { app: 'web', uid: '2' } } },
      {},
    ],
  },
  figures: { nodes: [[0, [0, 1], [60, 120]]] },
});

describe('facets', () => {
  it('count what groups stand for', () => {
    expect(facetsOf(graph).find((one) => one.field === 'state')?.values).toEqual([{ value: 'running', count: 4 }]);
    expect(facetsOf(graph).map((one) => one.field)).toEqual(['kind', 'host', 'state']);
  });

  it('take labels that say something', () => {
    expect(labelFacetsOf(graph).map((one) => one.field)).toContain('label:app');
  });

  it('keep what a filter hides, without a count', () => {
    const before = [{ field: 'host', values: [{ value: 'a', count: 1 }] }];
    expect(remembered(before, [{ field: 'host', values: [{ value: 'b', count: 2 }] }])).toEqual([
      { field: 'host', values: [{ value: 'b', count: 2 }, { value: 'a' }] },
    ]);
    expect(remembered(before, [])).toEqual([{ field: 'host', values: [{ value: 'a' }] }]);
  });

  it('count thresholds', () => {
    const counts = Object.fromEntries(thresholdsOf(graph).map((one) => [one.term, one.count]));
    expect(counts).toEqual({ 'cpu > 50': 4, 'cpu > 100': 3, 'restarts > 0': 1 });
  });
});
