import { describe, expect, it } from 'vitest';
import { Graph } from '#lib/model/graph';
import { cellsOf, hintOf } from './cells';
import { NodeRows } from './rows';

const graph = new Graph();
graph.apply({
  type: 'change',
  seq: 1,
  at: '',
  metrics: ['cpu_pct', 'mem_bytes', 'mem_limit_bytes'],
  nodes: {
    n: [0, 1],
    id: ['container:0', 'host:h'],
    kind: ['container', 'host'],
    name: ['web', 'host-a'],
    role: ['member', 'neighbour'],
    facts: [{ parents: ['image:abc', 'host:h'], attrs: { state: 'paused' } }, {}],
  },
  figures: {
    nodes: [
      [0, [0], [20]],
      [1, [0], [2 ** 20]],
      [2, [0], [2 ** 22]],
    ],
  },
});
const rows = new NodeRows(graph, { onlyProblems: false, hide: [], focus: '' }, false);
const cpu = { key: 'cpu_pct', unit: 'percent_of_core', show: 'bar' };
const memory = { key: 'mem_bytes', unit: 'bytes', show: 'bar' };

describe('cells', () => {
  it('have bars of a limit, or of the largest around', () => {
    const [of, one] = cellsOf(rows, graph, 0, [memory, cpu], { cpu_pct: 40 }, 0);
    expect(of).toMatchObject({ share: 0.25, limited: true });
    expect(one).toMatchObject({ share: 0.5, limited: false });
    expect(hintOf(rows, graph, 0, memory, 0)).toMatch(/1.0\sMiB.*4.0\sMiB/);
  });

  it('say where something runs, and not what it is made of', () => {
    const [parents, state] = cellsOf(
      rows,
      graph,
      0,
      [
        { key: 'parents', unit: 'list', show: 'list' },
        { key: 'state', unit: 'text', show: 'text' },
      ],
      {},
      0,
    );
    expect(parents?.text).toBe('host-a');
    expect(state).toMatchObject({ text: 'paused', tone: 'text-warning' });
  });
});
