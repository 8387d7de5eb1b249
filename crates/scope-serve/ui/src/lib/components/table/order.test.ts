import { describe, expect, it } from 'vitest';
import type { FieldInfo } from '#lib/api/client';
import { Graph } from '#lib/model/graph';
import { nodeColumns, type Column, type Words } from './columns';
import { Order } from './order';
import { readSorting, writeSorting } from './sorting';
import { CALM, Pace } from './pace';
import { EdgeRows, NodeRows, shortId } from './rows';

const words = Object.fromEntries(
  ['name', 'condition', 'kind', 'parents', 'members', 'connections', 'from', 'to', 'ports', 'names', 'commands'].map((word) => [
    word,
    word,
  ]),
) as unknown as Words;
const column = (key: string, numeric: boolean): Column => ({
  key,
  label: key,
  about: '',
  unit: numeric ? 'number' : 'text',
  show: 'text',
  width: 1,
  numeric,
  usual: true,
});
const all = { onlyProblems: false, hide: [], focus: '' };

function graph(names: string[], cpu: (number | null)[], facts: object[] = []): Graph {
  const graph = new Graph();
  const n = names.map((_, at) => at);
  graph.apply({
    type: 'snapshot',
    seq: 1,
    at: '',
    epoch: 1,
    view: 'containers',
    metrics: ['cpu_pct'],
    edge_metrics: ['open'],
    nodes: {
      n,
      id: names.map((name, at) => `container:${at}`),
      kind: names.map(() => 'container'),
      name: names,
      role: names.map(() => 'member'),
      facts,
    },
    edges: { e: [0], from: [0], to: [1], facts: [{ ports: ['tcp/80'] }] },
    figures: { nodes: [[0, n, cpu]], edges: [[0, [0], [3]]] },
  });
  return graph;
}

const names = (rows: NodeRows, order: number[]) => order.map((n) => rows.name(n));

describe('order', () => {
  const rows = new NodeRows(graph(['web-10', 'Web-2', 'api', 'db'], [5, null, 50, 5]), all, false);

  it('puts numbers in names as people count, and the unknown last either way', () => {
    const order = new Order();
    expect(names(rows, order.sort(rows, rows.all(), undefined, false))).toEqual(['api', 'db', 'Web-2', 'web-10']);
    expect(names(rows, order.sort(rows, rows.all(), column('cpu_pct', true), true))).toEqual(['api', 'db', 'web-10', 'Web-2']);
    expect(names(rows, order.sort(rows, rows.all(), column('cpu_pct', true), false))).toEqual(['db', 'web-10', 'api', 'Web-2']);
  });

  it('sorts by facts and by what the graph knows', () => {
    const rows = new NodeRows(
      graph(['a', 'b', 'c'], [1, 2, 3], [{ attrs: { image: 'z:2' } }, {}, { attrs: { image: 'Z:10' } }]),
      all,
      false,
    );
    expect(names(rows, new Order().sort(rows, rows.all(), column('image', false), false))).toEqual(['a', 'c', 'b']);
    expect(names(rows, new Order().sort(rows, rows.all(), column('connections', true), true))).toEqual(['a', 'b', 'c']);
  });

  it('has texts that are empty last either way, and equal ones by name', () => {
    const images = ['b', '', 'a', 'b', 'a'];
    const named = graph(
      ['n5', 'n4', 'n3', 'n2', 'n1'],
      [],
      images.map((image) => (image ? { attrs: { image } } : {})),
    );
    const [rows, order] = [new NodeRows(named, all, false), new Order()];
    const numbers = rows.all();
    const by = (descending: boolean, list = numbers) => names(rows, order.sort(rows, list, column('image', false), descending));
    expect(by(false)).toEqual(['n1', 'n3', 'n2', 'n5', 'n4']);
    expect(by(true)).toEqual(['n2', 'n5', 'n1', 'n3', 'n4']);
    expect(names(rows, order.sort(rows, numbers, undefined, true))).toEqual(['n5', 'n4', 'n3', 'n2', 'n1']);
    // Another list is of other rows: those that come have ranks of their own.
    expect(by(false, numbers.slice(2))).toEqual(['n1', 'n3', 'n2']);
    expect(by(true)).toEqual(['n2', 'n5', 'n1', 'n3', 'n4']);
  });

  it('shows what the place asks for', () => {
    const one = graph(['a', 'b', 'c'], [1, 2, 3]);
    expect(new NodeRows(one, { ...all, focus: 'container:0' }, false).all()).toEqual([0, 1]);
    expect(new NodeRows(one, { ...all, hide: ['container:1'] }, false).all()).toEqual([0, 2]);
    expect(new EdgeRows(one, all).row(0)?.id).toBe('edge:container:0>container:1');
    expect(new EdgeRows(one, { ...all, focus: 'container:2' }).all()).toEqual([]);
  });

  it('sorts 10,000 rows by a figure, up and down', () => {
    const size = 10_000;
    const cpu = Array.from({ length: size }, (_, at) => (at * 7919) % 1000);
    const rows = new NodeRows(
      graph(
        cpu.map((_, at) => `shop-web-${(at * 31) % size}`),
        cpu,
      ),
      all,
      false,
    );
    const order = new Order();
    const numbers = rows.all();
    order.sort(rows, numbers, undefined, false);
    for (const descending of [true, false]) {
      const sorted = Array.from(order.sort(rows, numbers, column('cpu_pct', true), descending), (n) => cpu[n] ?? NaN);
      expect(sorted).toEqual([...cpu].sort((a, b) => (descending ? b - a : a - b)));
    }
  });
});

describe('sorting in links', () => {
  it('comes back', () => {
    for (const text of ['-cpu_pct', 'name']) expect(writeSorting(readSorting(text)!)).toBe(text);
    expect(readSorting('')).toBeUndefined();
  });
});

describe('pace', () => {
  it('is calm, and still while somebody looks closely', () => {
    const pace = new Pace();
    expect(pace.now(0, true, true)).toBe(true);
    expect(pace.now(1000, false, true)).toBe(false);
    expect(pace.now(CALM, true, true)).toBe(false);
    expect(pace.now(CALM, false, true)).toBe(true);
    pace.ask();
    expect(pace.now(CALM + 1, true, false)).toBe(false);
    expect(pace.now(CALM + 2, false, false)).toBe(true);
    expect(pace.now(10 * CALM, false, false)).toBe(false);
  });
});

describe('columns', () => {
  const field = (name: string, unit: FieldInfo['unit'], kinds: string[], priority: number, hidden = false): FieldInfo => ({
    name,
    unit,
    kinds,
    priority,
    hidden,
    label: name.toUpperCase(),
    description: '',
    aliases: [],
    show: 'text',
  });
  const registry = new Map(
    [field('labels', 'map', ['container'], 30, true), field('image', 'text', ['container'], 10), field('os', 'text', ['host'], 5)].map(
      (one) => [one.name, one],
    ),
  );

  it('are those that somebody has, in the order of the registry', () => {
    const columns = nodeColumns(registry, new Set(['container']), ['gpu_pct'], new Set(['image', 'labels']), false, words);
    expect(columns.filter((one) => one.usual).map((one) => one.key)).toEqual(['name', 'image', 'parents', 'connections']);
    expect(columns.find((one) => one.key === 'gpu_pct')).toMatchObject({ unit: 'percent', numeric: true, label: 'gpu pct' });
    expect(columns.some((one) => one.key === 'os')).toBe(false);
  });
});

describe('ids', () => {
  it('are cut as engines cut them', () => {
    expect(shortId(`container:${'ab'.repeat(32)}`)).toBe('abababababab');
    expect(shortId('host:host-01')).toBe('host-01');
  });
});
