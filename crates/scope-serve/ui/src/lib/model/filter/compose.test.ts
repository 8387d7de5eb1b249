import { describe, expect, it } from 'vitest';
import { append, equals, excluded, quotedValue, quotedWord, toggled, unwanted, wanted, withoutTerm } from './compose';
import { termsOf } from './terms';

describe('composing filters', () => {
  it('quotes what needs it, so that it reads back', () => {
    for (const value of [
      'web',
      'nginx:1.27',
      'a b',
      '"',
      '\\',
      "it's",
      '-x',
      'or',
      'a*b',
      '',
      '<img src=x>',
      'x\ny',
      '\u202ename',
      '(x)',
      '=x',
    ]) {
      expect(termsOf(`name=${quotedValue(value)}`)[0]).toMatchObject({ field: 'name', operator: '=', value });
    }
    expect(quotedValue('nginx:1.27')).toBe('nginx:1.27');
    expect(quotedWord('a:b')).toBe('"a:b"');
    expect(equals('label:team', 'front end')).toBe('label:team="front end"');
  });

  it('chooses values of a facet side by side', () => {
    const one = toggled('cpu > 20', 'host', 'a');
    expect(one).toBe('cpu > 20 host=a');
    const two = toggled(one, 'host', 'b c');
    expect(two).toBe('cpu > 20 (host=a or host="b c")');
    expect(wanted(two, 'host')).toEqual(['a', 'b c']);
    expect(toggled(two, 'host', 'a')).toBe('cpu > 20 host="b c"');
    expect(toggled(toggled(two, 'host', 'a'), 'host', 'b c')).toBe('cpu > 20');
  });

  it('leaves values out', () => {
    const filter = excluded('host=a', 'host', 'a');
    expect(filter).toBe('-host=a');
    expect(unwanted(filter, 'host')).toEqual(['a']);
    expect(toggled(filter, 'host', 'a')).toBe('host=a');
    expect(excluded(filter, 'host', 'a')).toBe('');
  });

  it('knows labels by their keys', () => {
    const filter = toggled('', 'label:com.docker.compose.project', 'shop');
    expect(wanted(filter, 'label:com.docker.compose.project')).toEqual(['shop']);
    expect(wanted(filter, 'label:app')).toEqual([]);
  });

  it('puts alternatives into parentheses beside others', () => {
    expect(append('a or b', 'c')).toBe('(a or b) c');
    expect(append('c', 'a or b')).toBe('c (a or b)');
    expect(append('', 'a')).toBe('a');
    expect(append('a', ' ')).toBe('a');
    expect(toggled('a or b', 'host', 'x')).toBe('(a or b) host=x');
    expect(withoutTerm('a b c', 1)).toBe('a c');
  });
});
