import { describe, expect, it } from 'vitest';
import { MOST_AGENTS, merged, readList, written } from './registry';

describe('the list of agents', () => {
  it('comes back as it was written', () => {
    const urls = ['ws://a:8080/', 'wss://b/x'];
    expect(readList(written(urls))).toEqual({ urls, faults: [], beyond: 0 });
    expect(readList(written([]))).toEqual({ urls: [], faults: [], beyond: 0 });
  });

  it('takes plain arrays, each URL once, and tells what it cannot take', () => {
    const text = JSON.stringify(['a', { url: 'ws://a:8080' }, 'ftp://x', 7, { url: 'wss://b' }, null, { name: 'c' }]);
    expect(readList(text)).toEqual({ urls: ['ws://a:8080/', 'wss://b/'], faults: ['ftp://x', '7', 'null', '{"name":"c"}'], beyond: 0 });
  });

  it.each([
    ['', 'json'],
    ['{', 'json'],
    ['7', 'shape'],
    ['null', 'shape'],
    ['{"agents":{}}', 'shape'],
    ['["ftp://x"]', 'none'],
    [`"${'x'.repeat(1 << 20)}"`, 'long'],
  ])('refuses %.30s: %s', (text, fault) => expect(readList(text)).toEqual({ fault }));

  it('keeps no more than a browser can open', () => {
    const many = Array.from({ length: MOST_AGENTS + 9 }, (_, at) => `h${at}`);
    expect(readList(JSON.stringify(many))).toMatchObject({ beyond: 9 });
  });

  it('merges: what is there stays in its place', () => {
    expect(merged(['b', 'a'], ['c', 'a'])).toEqual(['b', 'a', 'c']);
  });
});
