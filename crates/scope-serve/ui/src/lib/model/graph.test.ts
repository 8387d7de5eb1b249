import { describe, expect, it } from 'vitest';
import { NAME, PLACE } from './difference';
import { Graph } from './graph';
import type { ViewChange, ViewSnapshot } from '../live/messages';

const snapshot: ViewSnapshot = {
  type: 'snapshot',
  seq: 4,
  at: '2026-11-21T18:34:00.000000Z',
  epoch: 1,
  view: 'containers',
  metrics: ['cpu_pct', 'mem_bytes'],
  edge_metrics: ['open', 'opened_total'],
  nodes: {
    n: [0, 1],
    id: ['container:01', 'internet:servers'],
    kind: ['container', 'internet'],
    name: ['web', 'Internet (servers)'],
    role: ['member', 'pseudo'],
    facts: [{ parents: ['host:a'], attrs: { state: 'running' } }, {}],
    place: [
      [0, 0, 10, 10],
      [40, 0, 10, 10],
    ],
  },
  edges: { e: [0], from: [0], to: [1], facts: [{ ports: ['tcp/443'] }] },
  figures: {
    nodes: [
      [0, [0], [24.5]],
      [1, null, [128345600]],
    ],
    edges: [[0, [0], [3]]],
  },
  hidden: { nodes: { stopped: 1 }, flows: {} },
  problems: [],
};

const change: ViewChange = {
  type: 'change',
  seq: 5,
  at: '2026-11-21T18:34:00.130000Z',
  metrics: ['pids'],
  nodes: { gone: [1], n: [2], id: ['container:02'], kind: ['container'], name: ['db'], role: ['member'], facts: [{}] },
  edges: { gone: [0], e: [1], from: [0], to: [2], facts: [{ ports: ['tcp/5432'] }] },
  figures: { nodes: [[2, [2], [7]]], edges: [[0, [1], [1]]] },
  hidden: { nodes: {}, flows: {} },
};

describe('Graph', () => {
  it('holds what a snapshot says', () => {
    const graph = new Graph();
    expect(graph.apply(snapshot).reset).toBe(true);
    expect(graph.node('container:01')?.name).toBe('web');
    expect(graph.figure(0, 'cpu_pct')).toBe(24.5);
    expect(graph.figure(0, 'mem_bytes')).toBe(128345600);
    expect(graph.figure(1, 'cpu_pct')).toBeUndefined();
    expect(graph.figure(0, 'nonsense')).toBeUndefined();
    expect([...graph.edgesOf(1)]).toEqual([0]);
    expect(graph.hidden.nodes).toEqual({ stopped: 1 });
  });

  it('applies a change: what is gone, what is new, figures of both', () => {
    const graph = new Graph();
    graph.apply(snapshot);
    const applied = graph.apply(change);
    expect(applied).toMatchObject({ reset: false, nodes: [2], nodesGone: [1], edges: [1], edgesGone: [0] });
    expect(graph.node('internet:servers')).toBeUndefined();
    expect([...graph.edgesOf(0)]).toEqual([1]);
    expect(graph.figure(2, 'pids')).toBe(7);
    expect(graph.figure(0, 'cpu_pct')).toBe(24.5);
    expect(graph.hidden.nodes).toEqual({});
  });

  it('takes over what is another of what it knows, and says what that is', () => {
    const graph = new Graph();
    graph.apply(snapshot);
    const { touches } = graph;
    const said = [
      { name: 'shop', attrs: { state: 'exited', exit_code: 1 } },
      { place: [1, 2, 3, 4] as [number, number, number, number] },
      {},
    ];
    const applied = graph.apply({ type: 'change', seq: 5, at: '', nodes: { changed: { n: [0, 1, 9], said } } });
    expect(graph.node('container:01')).toEqual({
      n: 0,
      id: 'container:01',
      kind: 'container',
      name: 'shop',
      role: 'member',
      facts: { parents: ['host:a'], attrs: { state: 'exited', exit_code: 1 } },
      place: [0, 0, 10, 10],
    });
    expect(graph.nodes.get(1)?.place).toEqual([1, 2, 3, 4]);
    expect(graph.figure(0, 'cpu_pct')).toBe(24.5);
    expect(applied.nodes).toEqual([0, 1]);
    expect(applied.differences[0]! & NAME).toBe(NAME);
    expect(applied.differences[1]).toBe(PLACE);
    expect(graph.touchedSince(touches)).toEqual([0, applied.differences[0], 1, PLACE]);
  });

  it('gives a number that was gone to something else without what it had', () => {
    const graph = new Graph();
    graph.apply(snapshot);
    graph.apply({ type: 'change', seq: 5, at: '', edges: { gone: [0] }, nodes: { gone: [0] } });
    graph.apply({
      type: 'change',
      seq: 6,
      at: '',
      nodes: { n: [0], id: ['container:03'], kind: ['container'], name: ['x'], role: ['member'], facts: [{}] },
    });
    expect(graph.figure(0, 'cpu_pct')).toBeUndefined();
    expect(graph.edgesOf(0).size).toBe(0);
  });

  it('takes a figure back', () => {
    const graph = new Graph();
    graph.apply(snapshot);
    graph.apply({ type: 'figures', seq: 5, at: '', figures: { nodes: [[0, [0], [null]]] } });
    expect(graph.figure(0, 'cpu_pct')).toBeUndefined();
    expect(graph.figure(0, 'mem_bytes')).toBe(128345600);
  });

  it('begins anew with another snapshot', () => {
    const graph = new Graph();
    graph.apply(snapshot);
    graph.apply(change);
    graph.apply({ ...snapshot, nodes: {}, edges: {}, figures: {}, metrics: ['mem_bytes'] });
    expect(graph.nodes.size + graph.edges.size + graph.byId.size).toBe(0);
    expect(graph.figure(0, 'mem_bytes')).toBeUndefined();
  });

  it('loses edges and nodes while some figures have a name and no values', () => {
    const graph = new Graph();
    graph.apply({
      type: 'snapshot',
      seq: 1,
      epoch: 1,
      at: '',
      view: 'x',
      metrics: ['a', 'b'],
      edge_metrics: ['c', 'd'],
      nodes: { n: [0, 1], id: ['0', '1'], kind: ['x', 'x'], name: ['0', '1'], role: ['member', 'member'] },
      edges: { e: [0], from: [0], to: [1] },
      figures: { nodes: [[1, [0], [5]]], edges: [[1, [0], [5]]] },
    });
    graph.apply({ type: 'change', seq: 2, at: '', nodes: { gone: [0] }, edges: { gone: [0] } });
    expect([graph.nodes.size, graph.edges.size, graph.figure(0, 'b'), graph.edgeFigure(0, 'd')]).toEqual([1, 0, undefined, undefined]);
  });

  it('knows the figures that do not come, from any message', () => {
    const graph = new Graph();
    graph.apply({ ...snapshot, other_metrics: ['pids'] });
    graph.apply({ type: 'figures', seq: 5, at: snapshot.at, figures: {}, other_metrics: ['threads'] });
    expect(graph.otherMetrics).toEqual(['pids', 'threads']);
    expect(graph.figureNames).toEqual(['cpu_pct', 'mem_bytes', 'pids', 'threads']);
    const names = graph.figureNames;
    graph.apply({ type: 'figures', seq: 6, at: snapshot.at, figures: {} });
    expect(graph.figureNames).toBe(names);
    // As many as before, and others.
    graph.apply({ ...snapshot, metrics: ['cpu_pct', 'mem_bytes', 'pids', 'open_files'] });
    expect(graph.otherMetrics).toEqual([]);
    expect(graph.figureNames).toEqual(['cpu_pct', 'mem_bytes', 'pids', 'open_files']);
  });
});
