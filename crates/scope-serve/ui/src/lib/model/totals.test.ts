import { expect, it } from 'vitest';
import { Graph } from './graph';
import { Adder } from './totals';

it('adds up what the view is of, and nothing that stands beside it', () => {
  const graph = new Graph();
  graph.apply({
    type: 'change',
    seq: 1,
    at: '',
    metrics: ['cpu_pct', 'mem_bytes', 'mem_limit_bytes'],
    nodes: {
      n: [0, 1, 2],
      id: ['container:a', 'image:b', 'internet:servers'],
      kind: ['container', 'image', 'internet'],
      name: ['a', 'b', 'Internet'],
      role: ['member', 'group', 'pseudo'],
      facts: [{ attrs: { state: 'running' } }, { members: 3 }, {}],
    },
    figures: {
      nodes: [
        [0, [0, 1, 2], [20, 30, 50]],
        [1, [0], [96]],
        [2, [0], [100]],
      ],
    },
  });
  const adder = new Adder(graph);
  expect(adder.totals(0)).toEqual({ members: 4, nodes: 3, edges: 0, critical: 1, warning: 0, cpuPct: 50, memBytes: 96 });
  // A part of it, of all that there are.
  expect(adder.totals(0, [0, 2])).toEqual({
    members: 1,
    nodes: 2,
    edges: 0,
    of: { members: 4, edges: 0 },
    critical: 1,
    warning: 0,
    cpuPct: 20,
    memBytes: 96,
  });
  expect(adder.totals(0).members).toBe(4);
});
