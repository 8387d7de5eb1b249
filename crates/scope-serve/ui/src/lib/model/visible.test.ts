import { describe, expect, it } from 'vitest';
import { shortened, visible } from './visible';

describe('visible', () => {
  it('leaves names as they are', () => {
    for (const name of ['shop-web-1', '<b>"quoted"</b>', 'Ünïcödé', 'עברית', '日本語', '👍🏽', 'e\u0301']) expect(visible(name)).toBe(name);
  });

  it('writes out what cannot be seen, as the command does', () => {
    expect(visible('a\u001b]0;x\u0007\nb\u009b2J\u202ec\u200b')).toBe('a\\u{1b}]0;x\\u{7}\\nb\\u{9b}2J\\u{202e}c\\u{200b}');
    expect(visible('a\tb\rc\u0000\u{e0041}')).toBe('a\\tb\\rc\\u{0}\\u{e0041}');
    expect(visible('\ud800x')).toBe('\\u{d800}x');
    expect(visible('\u3164')).toBe('\\u{3164}');
  });

  it('lets no letter grow over its neighbours', () => {
    expect(visible(`a${'\u0301'.repeat(50)}b`)).toBe(`a${'\u0301'.repeat(4)}…b`);
  });
});

describe('shortened', () => {
  it('keeps both ends', () => {
    expect(shortened('shop-web-1', 20)).toBe('shop-web-1');
    expect(shortened('abcdefghijklmnopqrstuvwxyz', 11)).toBe('abcdef…wxyz');
    expect([...shortened('x'.repeat(1_000_000), 20)]).toHaveLength(20);
    expect([...shortened('👍'.repeat(100), 10)]).toHaveLength(10);
  });
});
