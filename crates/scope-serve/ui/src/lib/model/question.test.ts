import { expect, it } from 'vitest';
import { showOf, withShown } from './question';

const views = [
  { name: 'containers', hides: [{ name: 'stopped' }, { name: 'failed', part_of: 'stopped' }, { name: 'infrastructure' }] },
  { name: 'processes', hides: [{ name: 'unconnected' }] },
];
const place = { view: 'containers', show: [] as string[], onlyProblems: true, as: 'map', rows: 'nodes' } as const;
const processes = { ...place, view: 'processes', onlyProblems: false, as: 'table' } as const;

it('asks for what has stopped where problems are wanted, and the view would leave it out', () => {
  expect(showOf(place, views)).toEqual(['stopped']);
  expect(showOf({ ...place, show: ['infrastructure'] }, views)).toEqual(['infrastructure', 'stopped']);
  expect(showOf({ ...place, onlyProblems: false }, views)).toEqual([]);
});

it('asks for nothing twice, and for nothing that a view does not know', () => {
  expect(showOf({ ...place, show: ['all'] }, views)).toEqual(['all']);
  expect(showOf({ ...place, show: ['stopped'] }, views)).toEqual(['stopped']);
  expect(showOf({ ...place, view: 'processes' }, views)).toEqual([]);
  expect(showOf(place, [])).toEqual([]);
});

it('has processes without connections in tables, and only there, until somebody does not want them', () => {
  expect(showOf(processes, views)).toEqual(['unconnected']);
  expect(showOf({ ...processes, as: 'map' }, views)).toEqual([]);
  expect(showOf({ ...processes, rows: 'edges' }, views)).toEqual([]);
  expect(showOf({ ...place, as: 'table', onlyProblems: false }, views)).toEqual([]);
  const show = withShown(processes, views, 'unconnected', false);
  expect(showOf({ ...processes, show }, views)).toEqual([]);
  const again = withShown({ ...processes, show }, views, 'unconnected', true);
  expect(showOf({ ...processes, show: again }, views)).toEqual(['unconnected']);
});

it('takes back a part with the whole, and leaves the rest', () => {
  const shown = { ...place, onlyProblems: false, show: ['stopped', 'infrastructure'] };
  expect(withShown(shown, views, 'stopped', false)).toEqual(['infrastructure']);
  expect(withShown({ ...shown, show: ['all'] }, views, 'infrastructure', false)).toEqual(['stopped', 'failed']);
  expect(withShown(shown, views, 'failed', true)).toEqual(['stopped', 'infrastructure', 'failed']);
  // What is shown because problems are wanted, or because it is a table, is not asked for.
  expect(withShown(place, views, 'infrastructure', true)).toEqual(['infrastructure']);
  expect(withShown({ ...processes, show: ['none'] }, views, 'other', true)).toEqual(['none', 'other']);
});
