import { expect, it } from 'vitest';
import { Graph, type GraphNode } from './graph';
import { Roll } from './roll';

it('tells of every node that came, left or changed, however much that was', () => {
  let seed = 5;
  const upTo = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most;
  const graph = new Graph();
  const roll = new Roll();
  const known = new Map<number, GraphNode>();
  let told = 0;
  const look = () => {
    told = 0;
    roll.call(graph, (left, came) => {
      told += 1;
      expect(known.get((left ?? came)!.n)).toBe(left);
      if (came) known.set(came.n, came);
      else known.delete(left!.n);
    });
    expect(known).toEqual(graph.nodes);
  };
  for (let step = 0; step < 400; step += 1) {
    const n = [...new Set(Array.from({ length: upTo(12) }, () => upTo(60)))];
    const texts = n.map((one) => `${one} ${upTo(3)}`);
    const common = { seq: step, at: '', nodes: { gone: [upTo(60), upTo(60)], n, id: texts, kind: texts, name: texts, role: texts } };
    graph.apply(upTo(40) ? { type: 'change', ...common } : { type: 'snapshot', epoch: 1, view: '', ...common });
    if (upTo(20) === 0) continue;
    look();
    look();
    expect(told).toBe(0);
  }
  look();
  // More than is kept.
  for (let step = 0; step < 3000; step += 1)
    graph.apply({ type: 'change', seq: 0, at: '', nodes: { n: [step % 7], id: ['x'], kind: ['x'], name: ['x'], role: ['x'] } });
  look();
  expect(told).toBe(7);
});
