import { describe, expect, it } from 'vitest';
import { alternativesOf, hasAlternatives, termsOf, unquoted } from './terms';

const texts = (filter: string) => termsOf(filter).map((term) => term.text);

describe('terms of a filter', () => {
  it('are what must hold side by side', () => {
    expect(texts('cpu > 20 app:web -namespace:kube-system state:running')).toEqual([
      'cpu > 20',
      'app:web',
      '-namespace:kube-system',
      'state:running',
    ]);
    expect(texts('web and db')).toEqual(['web', 'db']);
    expect(texts('cpu> 20 mem >=1GiB')).toEqual(['cpu> 20', 'mem >=1GiB']);
    expect(texts('  ')).toEqual([]);
  });

  it('keep quotes, parentheses and negations together', () => {
    expect(texts('name:"a b" (kind:process or kind:host) not (x or y) z')).toEqual([
      'name:"a b"',
      '(kind:process or kind:host)',
      'not (x or y)',
      'z',
    ]);
    expect(texts('"nginx: worker" \'daemon off;\'')).toEqual(['"nginx: worker"', "'daemon off;'"]);
    expect(texts("o'brien x")).toEqual(["o'brien", 'x']);
    expect(texts('a\\ b c')).toEqual(['a\\ b', 'c']);
  });

  it('are one where there is an `or` at the top', () => {
    expect(texts('a or b c')).toEqual(['a or b c']);
    expect(hasAlternatives('a or b')).toBe(true);
    expect(hasAlternatives('(a or b)')).toBe(false);
    expect(hasAlternatives('"or"')).toBe(false);
  });

  it('have fields, operators and values', () => {
    expect(termsOf('cpu > 20')[0]).toMatchObject({ field: 'cpu', operator: '>', value: '20', valueFrom: 6 });
    expect(termsOf('cpu:>20')[0]).toMatchObject({ field: 'cpu', operator: '>', value: '20' });
    expect(termsOf('-image:nginx:1.27')[0]).toMatchObject({ negated: true, field: 'image', operator: ':', value: 'nginx:1.27' });
    expect(termsOf('name="a \\"b\\""')[0]).toMatchObject({ field: 'name', operator: '=', value: 'a "b"' });
    expect(termsOf('web')[0]).toMatchObject({ value: 'web' });
    expect(termsOf('web')[0]?.field).toBeUndefined();
  });

  it('come to an end whatever is written', () => {
    for (const filter of ['(', ')', 'a)', '((', '"', 'a:"', '-', 'not', '\\', 'cpu >', 'cpu > )', ':x', '>', "'", '()']) {
      expect(texts(filter).join('').replaceAll(' ', '')).toBe(filter.replaceAll(' ', ''));
    }
  });
});

describe('alternatives', () => {
  it('are the values of one field', () => {
    expect(alternativesOf(termsOf('(host=a or host="b c")')[0]!)).toEqual({ field: 'host', values: ['a', 'b c'] });
    expect(alternativesOf(termsOf('host=a')[0]!)).toEqual({ field: 'host', values: ['a'] });
    for (const other of ['(host=a or kind=b)', '(host=a host=b)', '-host=a', '(host:a or host=b)', 'host:a', '()', '(a']) {
      expect(alternativesOf(termsOf(other)[0]!), other).toBeUndefined();
    }
  });

  it('read quotes as the language has them', () => {
    expect(unquoted('"a\\nb\\\\"')).toBe('a\nb\\');
    expect(unquoted('a\\*b')).toBe('a*b');
    expect(unquoted("it's")).toBe("it's");
  });
});
