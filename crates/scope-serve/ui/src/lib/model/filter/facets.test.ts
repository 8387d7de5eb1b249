import { describe, expect, it } from 'vitest';
import type { NodeFacts } from '../../live/messages';
import { Graph } from '../graph';
import { FACETS, Facets, remembered, type Facet } from './facets';
import { countLabels, countValues } from './values';
import { saidTo } from '../server.testing';

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

const counted = (graph: Graph) => {
  const facets = new Facets(graph);
  facets.count();
  return facets;
};

describe('facets', () => {
  it('count what groups stand for', () => {
    const facets = counted(graph).facets();
    expect(facets.find((one) => one.field === 'state')?.values).toEqual([{ value: 'running', count: 4 }]);
    expect(facets.map((one) => one.field)).toEqual(['kind', 'host', 'state']);
  });

  it('take labels that say something', () => {
    const labels = counted(graph).labels();
    expect(labels.map((one) => one.field)).toContain('label:app');
  });

  it('keep what a filter hides, without a count', () => {
    const before = [{ field: 'host', values: [{ value: 'a', count: 1 }] }];
    expect(remembered(before, [{ field: 'host', values: [{ value: 'b', count: 2 }] }])).toEqual([
      { field: 'host', values: [{ value: 'b', count: 2 }, { value: 'a' }] },
    ]);
    expect(remembered(before, [])).toEqual([{ field: 'host', values: [{ value: 'a' }] }]);
  });

  it('are the same objects where nothing changed', () => {
    const before = counted(graph).facets();
    expect(remembered(before, counted(graph).facets()).every((facet, at) => facet === before[at])).toBe(true);
  });

  it('count thresholds', () => {
    const counts = Object.fromEntries(
      counted(graph)
        .thresholds()
        .map((one) => [one.term, one.count]),
    );
    expect(counts).toEqual({ 'cpu > 50': 4, 'cpu > 100': 3, 'restarts > 0': 1 });
  });

  it('compare what the view is of alone', () => {
    const beside = new Graph();
    beside.apply({
      type: 'change',
      seq: 1,
      at: '',
      metrics: ['cpu_pct'],
      nodes: { n: [0, 1], id: ['p', 'h'], kind: ['process', 'host'], name: ['p', 'h'], role: ['member', 'stand_in'], facts: [{}, {}] },
      figures: { nodes: [[0, [0, 1], [60, 190]]] },
    });
    expect(
      counted(beside)
        .thresholds()
        .map((one) => [one.term, one.count]),
    ).toEqual([
      ['cpu > 50', 1],
      ['cpu > 100', 0],
    ]);
  });
});

/** As if nothing had been counted before. */
function anew(graph: Graph): { facets: Facet[]; labels: Facet[] } {
  const values = (of: string) => countValues(graph, of).map(([value, count]) => ({ value, count }));
  const facets = FACETS.map(({ field, of }) => ({ field, values: values(of) })).filter((facet) => facet.values.length);
  const says = ([key, count]: [string, number]) => values(`label:${key}`).length < count || count === 1;
  const labels = countLabels(graph)
    .filter(says)
    .slice(0, 12)
    .map(([key]) => ({ field: `label:${key}`, values: values(`label:${key}`) }));
  return { facets, labels };
}

describe('counting what changed', () => {
  // Numbers that look random and are the same each time.
  let seed = 7;
  const upTo = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most;
  const one = (prefix: string, most: number) => `${prefix}${upTo(most)}`;
  const facts = (): NodeFacts => ({
    agents: Array.from({ length: upTo(3) }, () => one('host-', 4)),
    ...(upTo(5) ? {} : { members: upTo(6) }),
    attrs: {
      ...(upTo(9) ? { state: one('state-', 3) } : {}),
      ...(upTo(4) ? { compose_project: one('project-', 6) } : { health: '' }),
      ...(upTo(3) ? { restart_count: upTo(3) } : {}),
      labels: Object.fromEntries(
        Array.from({ length: upTo(6) }, () => {
          const key = upTo(20);
          return [`key-${key}`, key % 4 ? one('value-', key + 1) : one('unique-', 1_000_000)];
        }),
      ),
    },
  });

  it('comes to what counting anew does', () => {
    const graph = new Graph();
    const facets = new Facets(graph);
    const there = new Set<number>();
    for (let step = 0; step < 300; step += 1) {
      const reset = step % 70 === 69;
      if (reset) there.clear();
      const numbers = [...new Set(Array.from({ length: upTo(8) }, () => upTo(40)))];
      const gone = [...there].filter((n) => !numbers.includes(n) && upTo(6) === 0);
      gone.forEach((n) => there.delete(n));
      numbers.forEach((n) => there.add(n));
      const nodes = {
        n: numbers,
        id: numbers.map((n) => `container:${n}`),
        kind: numbers.map(() => one('kind-', 3)),
        name: numbers.map(String),
        role: numbers.map(() => 'member'),
        facts: numbers.map(facts),
        gone,
      };
      graph.apply(
        reset
          ? { type: 'snapshot', seq: step, at: '', epoch: step, view: 'containers', nodes }
          : { type: 'change', seq: step, at: '', nodes: saidTo(graph, nodes) },
      );
      // Now and then several messages are counted together.
      if (upTo(4) === 0) continue;
      facets.count();
      const restarted = [...graph.nodes.values()].reduce(
        (sum, { facts }) => sum + (Number(facts.attrs?.['restart_count'] ?? 0) > 0 ? (facts.members ?? 1) : 0),
        0,
      );
      expect({ facets: facets.facets(), labels: facets.labels() }, `step ${step}`).toEqual(anew(graph));
      expect(facets.thresholds()[0]?.count ?? 0).toBe(restarted);
    }
  });

  it('tells the most frequent of many, equal ones by name', () => {
    const graph = new Graph();
    const numbers = Array.from({ length: 3000 }, (_, n) => n);
    graph.apply({
      type: 'change',
      seq: 1,
      at: '',
      nodes: {
        n: numbers,
        id: numbers.map(String),
        kind: numbers.map(() => 'container'),
        name: numbers.map(String),
        role: numbers.map(() => 'member'),
        facts: numbers.map(() => ({ attrs: { compose_project: one('project-', 1500) } })),
      },
    });
    const [, project] = counted(graph).facets();
    expect(project?.values).toEqual(anew(graph).facets[1]?.values.slice(0, 500));
  });
});
