import { expect, it } from 'vitest';
import { wantedFigures, withMore } from './wanted';

it('asks for what is judged, shown and chosen, in one order', () => {
  const wanted = wantedFigures(['mem_cache_bytes', 'mem_bytes', '']);
  expect(wanted).toEqual([...wanted].sort());
  expect(new Set(wanted).size).toBe(wanted.length);
  for (const name of ['cpu_pct', 'mem_limit_bytes', 'pids', 'rx_bytes_per_sec', 'load1', 'mem_cache_bytes']) expect(wanted).toContain(name);
  expect(wanted).not.toContain('');
  expect(wantedFigures(['mem_bytes', 'mem_cache_bytes'])).toEqual(wanted);
});

it('asks for the same whatever else somebody looks at', () => {
  expect(wantedFigures(['name', 'image', 'state', 'parents', 'net', 'connections', 'label:app'])).toEqual(wantedFigures([]));
});

it('names nothing that the server refuses, and always what every page needs', () => {
  const hostile = [
    'a,b_pct',
    'label:x y_bytes',
    'ü_pct',
    '<b>_pct',
    `${'x'.repeat(600)}_pct`,
    ...Array.from({ length: 100 }, (_, at) => `f${at}_pct`),
  ];
  const wanted = wantedFigures(hostile);
  expect(wanted.length).toBe(64);
  for (const name of wanted) expect(name).toMatch(/^[A-Za-z0-9_.:-]{1,100}$/);
  for (const name of wantedFigures([])) expect(wanted).toContain(name);
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
