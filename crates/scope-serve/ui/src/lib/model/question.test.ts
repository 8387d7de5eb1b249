import { expect, it } from 'vitest';
import { showOf } from './question';

const views = [
  { name: 'containers', hides: [{ name: 'stopped' }, { name: 'infrastructure' }] },
  { name: 'processes', hides: [{ name: 'unconnected' }] },
];
const place = { view: 'containers', show: [], onlyProblems: true };

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
