import { expect, it } from 'vitest';
import { EarlyKeys } from './early';

it('hands out what was typed up to Enter, once', () => {
  const early = new EarlyKeys();
  for (const key of ['p', 'r', 'Enter', 'x']) early.keep(key);
  expect(early.take()).toEqual({ text: 'pr', entered: true });
  expect(early.take()).toEqual({ text: '', entered: false });
});

it('forgets what was meant for something else, and takes no more than anybody types', () => {
  const early = new EarlyKeys();
  early.keep('p');
  early.clear();
  for (let at = 0; at < 1000; at++) early.keep('x');
  expect(early.take()).toEqual({ text: 'x'.repeat(200), entered: false });
});
