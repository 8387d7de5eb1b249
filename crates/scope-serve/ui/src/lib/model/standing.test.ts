import { expect, it } from 'vitest';
import type { Attribute } from '../live/messages';
import { Graph } from './graph';
import { HEALTHS, healthOf, share } from './health';
import { Standings } from './standing';
import { saidTo } from './server.testing';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const METRICS = ['cpu_pct', 'cpu_limit_pct', 'cpu_throttled_pct', 'mem_bytes', 'mem_pct', 'mem_limit_bytes', 'mem_total_bytes', 'disk_pct'];
const STATES = ['running', 'Exited', 'failed', 'stopped', 'created', 'paused', 'dead', 'CrashLoopBackOff', undefined];

it('says what judging says, whatever changes', () => {
  let seed = 11;
  const upTo = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most;
  const of = <T>(all: readonly T[]) => all[upTo(all.length)]!;
  const attrs = (): Record<string, Attribute> => {
    const state = of(STATES);
    return {
      ...(state === undefined ? {} : { state }),
      ...(upTo(2) ? { exit_code: of([0, 1, 137, 143]) } : {}),
      ...(upTo(2) ? { health: of(['healthy', 'unhealthy', 'starting']) } : {}),
      ...(upTo(3)
        ? {}
        : {
            restart_count: upTo(6),
            started_at: of(['2026-11-21T11:58:00Z', '2026-11-21T11:30:00Z', '2026-11-20T11:30:00Z', 'yesterday']),
          }),
      ...(upTo(6) ? {} : { oom_killed: true }),
      ...(upTo(3) ? {} : { cores: upTo(3) }),
    };
  };
  const graph = new Graph();
  const found = new Set<string>();
  for (let step = 0; step < 200; step += 1) {
    const numbers = [...new Set(Array.from({ length: 12 }, () => upTo(60)))];
    graph.apply({
      type: 'change',
      seq: step,
      at: '',
      ...(step ? {} : { metrics: METRICS }),
      nodes: saidTo(graph, {
        n: numbers,
        id: numbers.map(String),
        kind: numbers.map(() => 'container'),
        name: numbers.map(String),
        role: numbers.map(() => of(['member', 'member', 'group', 'pseudo'])),
        facts: numbers.map(() => (upTo(8) ? { attrs: attrs() } : {})),
      }),
      figures: { nodes: METRICS.map((_, figure) => [figure, numbers, numbers.map(() => (upTo(3) ? null : of([0, 1, 40, 91, 99, 100])))]) },
    });
    // Figures alone move, and nodes go.
    const some = numbers.slice(4);
    const moved = METRICS.flatMap((_, figure): [number, number[], number[]][] =>
      upTo(3) ? [] : [[figure, some, some.map(() => of([0, 1, 40, 91, 99, 100]))]],
    );
    graph.apply({ type: 'figures', seq: step, at: '', figures: { nodes: moved } });
    if (upTo(2)) graph.apply({ type: 'change', seq: step, at: '', nodes: { gone: numbers.slice(0, 1 + upTo(3)) } });
    const nodes = [...graph.nodes.values()];
    const health = Standings.of(graph).health(
      nodes.map(({ n }) => n),
      NOW,
    );
    nodes.forEach((node, at) => {
      const told = HEALTHS[health[at] ?? -1];
      found.add(String(told));
      for (const metric of ['mem_bytes', 'cpu_pct', 'disk_pct'])
        expect(Standings.of(graph).shares([node.n], metric)[0], metric).toBe(
          Math.fround(share(node, (name) => graph.figure(node.n, name), metric) ?? NaN),
        );
      expect(told, JSON.stringify([node, METRICS.map((name) => graph.figure(node.n, name))])).toBe(healthOf(graph, node.n, NOW).health);
    });
  }
  expect(found.size).toBe(4);
});

it('knows of restarts by themselves, of what runs and of what has ended', () => {
  const graph = new Graph();
  const restarts = (count: number, minutesAgo: number) => ({
    restart_count: count,
    started_at: new Date(NOW - minutesAgo * 60_000).toISOString(),
  });
  const health = () => [...Standings.of(graph).health([0, 1], NOW)].map((at) => HEALTHS[at]);
  const say = (attrs: Record<string, Attribute>) =>
    graph.apply({ type: 'change', seq: 2, at: '', nodes: { changed: { n: [0, 1], said: [{ attrs }, { attrs }] } } });
  const facts = (state: string) => ({ attrs: { state, exit_code: 0 } });
  const both = { n: [0, 1], id: ['a', 'b'], kind: ['container', 'container'], name: ['a', 'b'], role: ['member', 'member'] };
  graph.apply({ type: 'change', seq: 1, at: '', nodes: { ...both, facts: [facts('running'), facts('exited')] } });
  expect(health()).toEqual(['healthy', 'unknown']);
  const cases: [Record<string, Attribute>, string, string][] = [
    [restarts(5, 1), 'critical', 'unknown'],
    [{ started_at: restarts(5, 30)['started_at'] }, 'warning', 'unknown'],
    [{ restart_count: 1 }, 'healthy', 'unknown'],
    [restarts(5, 1), 'critical', 'unknown'],
    // Which of its restarts were news is known when it runs again.
    [{ state: 'running' }, 'critical', 'critical'],
    [{ state: 'exited' }, 'unknown', 'unknown'],
    [restarts(5, 200), 'unknown', 'unknown'],
    [{ state: 'running' }, 'healthy', 'healthy'],
  ];
  for (const [attrs, one, other] of cases) {
    say(attrs);
    expect(health(), JSON.stringify(attrs)).toEqual([one, other]);
  }
});
