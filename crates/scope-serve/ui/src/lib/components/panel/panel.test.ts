import { describe, expect, it } from 'vitest';
import { Graph } from '#lib/model/graph';
import { plainFacts, tablesOf } from './facts';
import { charted, parted, plainFigures } from './figures';
import { leadsOf, membersOf, nameOfId, quoted, readEdge, successorOf } from './links';
import { ordered, peersInGraph, peersOfNode } from './peers';
import { subjectOfGraph } from './subject';
import { reasonOf } from './words';

const view = (name: string, of: string) => ({ name, of, title: name, about: '', hides: [] });
const VIEWS = [
  view('containers', 'container'),
  view('containers-by-image', 'container'),
  view('processes', 'process'),
  view('hosts', 'host'),
];

describe('facts', () => {
  it('leaves out what the head says of a health check', () => {
    const attrs = {
      health: 'unhealthy',
      health_output: 'refused',
      health_failing_streak: 3,
      health_checked_at: '2026-11-21T18:34:00Z',
      pid: 7,
    };
    expect(plainFacts(attrs, new Map()).map((fact) => fact.key)).toEqual(['pid']);
  });

  it('have a place each', () => {
    const attrs = {
      state: 'running',
      zeta: 1,
      privileged: false,
      image: 'a',
      ports: [{ port: 80 }, '53/udp'],
      labels: { b: '2', a: '<b>' },
      env: ['PATH', 'A=1=2'],
      tags: [],
    };
    expect(plainFacts(attrs, new Map()).map((fact) => fact.key)).toEqual(['image', 'zeta']);
    expect(tablesOf(attrs)).toMatchObject({
      ports: [{ port: 80 }, { name: '53/udp' }],
      labels: [
        ['a', '<b>'],
        ['b', '2'],
      ],
      env: [
        ['A', '1=2'],
        ['PATH', ''],
      ],
    });
  });
});

describe('a container', () => {
  it('is of the image that it was made with, whatever other names that has', () => {
    const graph = new Graph();
    graph.apply({
      type: 'snapshot',
      seq: 1,
      epoch: 1,
      at: '',
      view: 'containers',
      nodes: {
        n: [0, 1, 2],
        id: ['container:1', 'container:2', 'image:1'],
        kind: ['container', 'container', 'image'],
        name: ['api', 'old', 'rv/web:1'],
        role: ['member', 'member', 'member'],
        facts: [{ parents: ['image:1'], attrs: { image: 'rv/api:1' } }, { parents: ['image:1'], attrs: { image: 'sha256:ab' } }, {}],
      },
    });
    const imageOf = (id: string) => subjectOfGraph(graph, graph.node(id)!).parents;
    expect(imageOf('container:1')).toEqual([{ id: 'image:1', kind: 'image', name: 'rv/api:1' }]);
    expect(imageOf('container:2')).toEqual([{ id: 'image:1', kind: 'image', name: 'rv/web:1' }]);
  });
});

describe('exit codes', () => {
  it('say what is known of them', () => {
    const exit = (exitCode: number) => reasonOf({ what: 'failed', exitCode });
    expect([1, 137, 139, 127, NaN].map(exit)).toEqual([
      'Ended with exit code 1',
      'Ended with exit code 137: SIGKILL',
      'Ended with exit code 139: SIGSEGV',
      'Ended with exit code 127: there is no such command',
      'Failed',
    ]);
  });
});

describe('figures', () => {
  it('are charts with limits, pairs together, and the rest', () => {
    const metrics = { cpu_pct: 3, mem_bytes: 5, mem_limit_bytes: 10, rx_bytes_per_sec: 1, pids: 4, opened_total: 9 };
    const charts = charted(metrics, undefined);
    expect(charts).toEqual([
      { key: 'cpu', metrics: ['cpu_pct'], limit: undefined },
      { key: 'memory', metrics: ['mem_bytes'], limit: 10 },
      { key: 'network', metrics: ['rx_bytes_per_sec'] },
    ]);
    expect(plainFigures(metrics, charts, new Map()).map((figure) => figure.name)).toEqual(['pids']);
    expect(charted({ cpu_pct: 1 }, 4)[0]?.limit).toBe(400);
  });

  it('are folded away where they are zero and were nothing else', () => {
    const figures = plainFigures({ a: 0, b: 0, c: 4, d: 0 }, [], new Map());
    const names = (was: Record<string, number[]>) => {
      const { told, zero } = parted(figures, (name) => (was[name] ?? []).map((value) => ({ value })));
      return [told, zero].map((some) => some.map(({ name }) => name).join(''));
    };
    expect(names({})).toEqual(['c', 'abd']);
    expect(names({ a: [0, 3, 0], c: [0] })).toEqual(['ac', 'bd']);
    // One alone takes no more room than what would stand for it.
    expect(names({ a: [1], b: [1] })).toEqual(['abcd', '']);
  });
});

describe('links', () => {
  it('lead to the same and to what is inside', () => {
    const thing = { id: 'container:1', kind: 'container', name: 'x' };
    expect(leadsOf(thing, 'hosts', VIEWS)).toEqual([
      { what: 'same', view: 'containers', changes: { view: 'containers', filter: '', selection: ['container:1'] } },
      {
        what: 'processes',
        view: 'processes',
        changes: { view: 'processes', filter: 'parents="container:1"', show: ['unconnected'], selection: ['container:1'] },
      },
    ]);
  });

  it('quote whatever somebody called a thing', () => {
    expect(quoted('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"');
    expect(membersOf('x" or name:y', 'containers-by-image', '')).toEqual({ view: 'containers', filter: 'image="x\\" or name:y"' });
    expect(membersOf('(none)', 'containers', 'label:app')).toEqual({ view: 'containers', filter: '-has:labels.app' });
    expect(membersOf('x', 'containers', '')).toBeUndefined();
  });

  it('find both ends of an edge', () => {
    const known = new Set(['container:a>b', 'container:c']);
    expect(readEdge('edge:container:a>b>container:c', (id) => known.has(id))).toEqual({ from: 'container:a>b', to: 'container:c' });
    expect(readEdge('edge:x>y', () => false)).toEqual({ from: 'x', to: 'y' });
    expect(readEdge('container:1', () => true)).toBeUndefined();
    expect(nameOfId(`container:${'a'.repeat(64)}`)).toBe('aaaaaaaaaaaa');
  });

  it('find what took the place of something that is gone', () => {
    const graph = new Graph();
    graph.apply({
      type: 'snapshot',
      seq: 1,
      epoch: 1,
      at: '',
      view: 'x',
      nodes: {
        n: [0, 1, 2, 3],
        id: ['c:1', 'c:2', 'c:3', 'p:1'],
        kind: ['container', 'container', 'container', 'process'],
        name: ['db', 'db', 'web', 'job'],
        role: ['member', 'member', 'member', 'member'],
        facts: [{ agents: ['north'] }, { agents: ['south'] }, {}, {}],
      },
    });
    const gone = (name: string, agents: string[], id = 'c:0') => successorOf({ id, kind: 'container', name, agents }, graph)?.id;
    expect(gone('db', ['south'])).toBe('c:2');
    expect(gone('db', ['west'])).toBe('c:1');
    expect(gone('web', [], 'c:3')).toBeUndefined();
    expect([gone('job', []), gone('', [])]).toEqual([undefined, undefined]);
  });
});

describe('peers', () => {
  it('come from a node', () => {
    const full = {
      node: null,
      parents: [],
      children: [],
      children_total: 0,
      connections_total: 1,
      connections: [{ direction: 'out' as const, peer: { id: 'container:2', kind: 'container', name: 'db' }, port: 'tcp/5432' }],
    };
    expect(peersOfNode(full, [[3, null]], ['open', 'rtt_us'], new Graph())[0]).toMatchObject({ name: 'db', open: 3, rtt: undefined });
  });

  it('are containers, and their processes within them', () => {
    const graph = new Graph();
    const relative = (kind: string, name: string) => ({ id: `${kind}:${name}`, kind, name });
    const nc = (pid: number, within: { id: string; kind: string; name: string }) => ({
      direction: 'in' as const,
      peer: { id: `process:vm:${pid}:1`, kind: 'process', name: 'nc' },
      within,
      port: 'tcp/5432',
    });
    const full = {
      node: null,
      parents: [],
      children: [],
      children_total: 0,
      connections: [
        nc(1, relative('container', 'api')),
        nc(2, relative('container', 'api')),
        { direction: 'in' as const, peer: relative('container', 'api'), port: 'tcp/5432' },
        nc(3, relative('host', 'vm')),
      ],
      connections_total: 4,
    };
    const rows = [
      [1, 200],
      [2, 900],
      [null, null],
      [4, null],
    ];
    const peers = peersOfNode(full, rows, ['open', 'rtt_us'], graph);
    expect(peers).toMatchObject([
      { id: 'container:api', name: 'api', processes: [{ name: 'nc' }, { name: 'nc' }], open: 3, rtt: 900 },
      { id: 'host:vm', kind: 'uncontained', name: 'vm (uncontained)', processes: [{ name: 'nc' }], open: 4, rtt: undefined },
    ]);
  });

  it('come from a graph, the failing ones first', () => {
    const graph = new Graph();
    graph.apply({
      type: 'snapshot',
      seq: 1,
      epoch: 1,
      at: '',
      view: 'x',
      edge_metrics: ['failed_total'],
      nodes: { n: [0, 1, 2], id: ['a', 'b', 'c'], kind: ['x', 'x', 'x'], name: ['a', 'b', 'c'], role: ['group', 'group', 'group'] },
      edges: { e: [0, 1], from: [0, 2], to: [1, 0], facts: [{ ports: ['tcp/1'] }, {}] },
      figures: { edges: [[0, [1], [2]]] },
    });
    expect(ordered(peersInGraph(graph, 'a')).map((peer) => `${peer.direction} ${peer.name} ${peer.port}`)).toEqual([
      'in c ',
      'out b tcp/1',
    ]);
  });
});
