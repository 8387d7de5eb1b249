import { expect, it } from 'vitest';
import { Trail } from './trail';

it('tells what happened since, as long as it is known', () => {
  const trail = new Trail<string>();
  expect(trail.since(-1)).toBeUndefined();
  const start = trail.end;
  for (const one of ['a', 'b', 'c']) trail.add(one);
  expect(trail.since(start)).toEqual(['a', 'b', 'c']);
  expect(trail.since(trail.end)).toEqual([]);
  trail.forget(1);
  expect(trail.since(start)).toBeUndefined();
  expect(trail.since(trail.end - 1)).toEqual(['c']);
  const end = trail.end;
  trail.clear();
  expect(trail.since(end)).toBeUndefined();
  expect(trail.since(trail.end)).toEqual([]);
});
