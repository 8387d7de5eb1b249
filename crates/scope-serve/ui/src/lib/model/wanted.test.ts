import { expect, it } from 'vitest';
import type { FieldInfo } from '../api/client';
import { wantedFigures, withMore } from './wanted';

const field = (name: string, unit: string, kinds: string[], hidden = false) => ({ name, unit, kinds, hidden }) as FieldInfo;
const FIELDS = [
  field('pids', 'count', ['container']),
  field('state', 'text', ['container']),
  field('cpu_user_pct', 'percent_of_core', ['container'], true),
  field('rtt_us', 'micros', ['flow']),
  field('rx_bytes_per_sec', 'bytes_per_second', ['container', 'flow']),
  field('load', 'number', []),
];

it('asks for what is judged, shown and chosen, in one order', () => {
  const wanted = wantedFigures(FIELDS, ['cpu_user_pct', 'mem_bytes', '']);
  expect(wanted).toEqual([...wanted].sort());
  expect(new Set(wanted).size).toBe(wanted.length);
  for (const name of ['cpu_pct', 'mem_limit_bytes', 'pids', 'rx_bytes_per_sec', 'load', 'cpu_user_pct']) expect(wanted).toContain(name);
  for (const name of ['state', 'rtt_us', '']) expect(wanted).not.toContain(name);
  expect(wantedFigures(FIELDS, ['mem_bytes', 'cpu_user_pct'])).toEqual(wanted);
});

it('names nothing that the server refuses', () => {
  const hostile = ['a,b', 'label:x y', 'ü', '<b>', ...Array.from({ length: 100 }, (_, at) => `f${at}`)];
  const wanted = wantedFigures(FIELDS, hostile);
  expect(wanted.length).toBe(64);
  for (const name of wanted) expect(name).toMatch(/^[A-Za-z0-9_.:-]+$/);
  expect(wanted).toContain('cpu_pct');
});

it('asks for all where more cannot be named', () => {
  expect(withMore(['b', 'c'], ['a', 'c'])).toEqual(['a', 'b', 'c']);
  expect(withMore(['a'], ['a,b'])).toBeUndefined();
  expect(
    withMore(
      ['a'],
      Array.from({ length: 64 }, (_, at) => `f${at}`),
    ),
  ).toBeUndefined();
});
