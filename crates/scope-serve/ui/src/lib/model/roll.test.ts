import { expect, it } from 'vitest';
import { ALL, bitsOf, NAME } from './difference';
import { Graph, type GraphNode } from './graph';
import { Roll } from './roll';
import { saidTo } from './server.testing';

it('tells of every node that came, left or changed, however much that was', () => {
  let seed = 5;
  const upTo = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most;
  const graph = new Graph();
  const roll = new Roll(ALL);
  const known = new Map<number, GraphNode>();
  let told = 0;
  const look = () => {
    told = 0;
    roll.call(graph, (left, came) => {
      told += 1;
      expect(known.get((left ?? came)!.n)).toEqual(left);
      if (came) known.set(came.n, came);
      else known.delete(left!.n);
    });
    expect(known).toEqual(graph.nodes);
  };
  for (let step = 0; step < 400; step += 1) {
    const n = [...new Set(Array.from({ length: upTo(12) }, () => upTo(60)))];
    const texts = n.map((one) => `${one} ${upTo(3)}`);
    const common = { seq: step, at: '', nodes: { gone: [upTo(60), upTo(60)], n, id: texts, kind: texts, name: texts, role: texts } };
    graph.apply(
      upTo(40) ? { type: 'change', ...common, nodes: saidTo(graph, common.nodes) } : { type: 'snapshot', epoch: 1, view: '', ...common },
    );
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

it('tells of those alone of whom that changed which is asked for', () => {
  const graph = new Graph();
  const roll = new Roll(NAME | bitsOf('state'));
  const say = (name: string, state: string, pid: number) => {
    const nodes = { n: [0], id: ['a'], kind: ['container'], name: [name], role: ['member'], facts: [{ attrs: { state, pid } }] };
    graph.apply({ type: 'change', seq: 0, at: '', nodes: saidTo(graph, nodes) });
  };
  const told = () => {
    const all: unknown[] = [];
    roll.call(graph, (left, came) => all.push([left?.name, left?.facts.attrs, came?.name, came?.facts.attrs]));
    return all;
  };
  say('web', 'running', 1);
  expect(told()).toHaveLength(1);
  say('web', 'running', 2);
  expect(told()).toEqual([]);
  say('web', 'running', 3);
  say('web', 'paused', 3);
  say('web', 'paused', 4);
  expect(told()).toEqual([['web', { state: 'running', pid: 2 }, 'web', { state: 'paused', pid: 4 }]]);
  say('db', 'paused', 4);
  expect(told()).toHaveLength(1);
  graph.apply({ type: 'change', seq: 0, at: '', nodes: { gone: [0] } });
  expect(told()).toEqual([['db', { state: 'paused', pid: 4 }, undefined, undefined]]);
});
