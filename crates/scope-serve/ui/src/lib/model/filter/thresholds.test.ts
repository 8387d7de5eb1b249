import { expect, it } from 'vitest';
import { Graph } from '../graph';
import { Facets } from './facets';
import { saidTo } from '../server.testing';

const LIMITS: [term: string, metric: string, over: number][] = [
  ['cpu > 50', 'cpu_pct', 50],
  ['cpu > 100', 'cpu_pct', 100],
  ['mem_pct > 80', 'mem_pct', 80],
];

it('counts what counting anew comes to, whatever moves', () => {
  let seed = 3;
  const upTo = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most;
  const graph = new Graph();
  const facets = new Facets(graph);
  const value = () => (upTo(5) ? upTo(130) : null);
  for (let step = 0; step < 400; step += 1) {
    const n = [...new Set(Array.from({ length: upTo(9) }, () => upTo(50)))];
    const reset = step === 0 || upTo(50) === 0;
    const common = {
      seq: step,
      at: '',
      ...(reset ? { metrics: upTo(2) ? ['cpu_pct', 'mem_pct'] : ['mem_pct', 'cpu_pct'] } : {}),
      nodes: {
        gone: [upTo(50), upTo(50)],
        n,
        id: n.map((one) => `${one} ${upTo(3)}`),
        kind: n.map(() => 'container'),
        name: n.map(String),
        role: n.map(() => 'member'),
        facts: n.map(() => (upTo(3) ? {} : { members: upTo(5) })),
      },
      figures: { nodes: [[upTo(2), n, n.map(value)] as [number, number[], (number | null)[]]] },
    };
    graph.apply(
      reset ? { type: 'snapshot', epoch: step, view: '', ...common } : { type: 'change', ...common, nodes: saidTo(graph, common.nodes) },
    );
    const some = [...graph.nodes.keys()].filter(() => upTo(3) === 0);
    for (let more = upTo(4); more > 0; more -= 1)
      graph.apply({ type: 'figures', seq: step, at: '', figures: { nodes: [[upTo(2), some, some.map(value)]] } });
    // Now and then several messages are counted together.
    if (upTo(4) === 0) continue;
    facets.count();
    const counts = new Map(facets.thresholds().map((one) => [one.term, one.count]));
    for (const [term, metric, over] of LIMITS) {
      let count = 0;
      for (const { n, facts } of graph.nodes.values()) if ((graph.figure(n, metric) ?? 0) > over) count += facts.members ?? 1;
      expect(counts.get(term) ?? 0, `${term} at step ${step}`).toBe(count);
    }
  }
});
