import { describe, expect, test } from 'vitest';
import { beginnings, isOther } from './edition';

const page = (app: string) => `<link href="/scope/_app/immutable/entry/start.AAAA.js" rel="modulepreload">
  <link href="/scope/_app/immutable/entry/${app}.js" rel="modulepreload"><link href="/scope/_app/immutable/chunks/CCCC.js" rel="modulepreload">`;

describe('editions of the page', () => {
  test('are told by the files that they begin with', () => {
    expect(beginnings(page('app.BBBB'))).toEqual(['app.BBBB.js', 'start.AAAA.js']);
    expect(isOther(beginnings(page('app.BBBB')), page('app.BBBB'))).toBe(false);
    expect(isOther(beginnings(page('app.BBBB')), page('app.DDDD'))).toBe(true);
  });

  test('a document that begins no page says nothing', () => {
    expect(isOther(beginnings(page('app.BBBB')), '<h1>502 Bad Gateway</h1>')).toBe(false);
    expect(isOther([], page('app.DDDD'))).toBe(false);
  });
});
