// The catalogues of words: whole in every language, used, and the only place that words for people come from.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';

const UI = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = `${UI}/src`;

type Message = string | { declarations: string[]; selectors: string[]; match: Record<string, string> }[];
const read = (part: string, locale: string): Record<string, Message> => {
  const messages = JSON.parse(readFileSync(`${UI}/messages/${part}/${locale}.json`, 'utf8')) as Record<string, Message>;
  delete messages['$schema'];
  return messages;
};
const variants = (message: Message): string[] =>
  typeof message === 'string' ? [message] : message.flatMap(({ match }) => Object.values(match));
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort();

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.(svelte|ts)$/.test(name) && !/paraglide\/|schema\.d\.ts|\.test\.ts$/.test(name),
);
const source = new Map(files.map((name) => [name, readFileSync(`${SOURCE}/${name}`, 'utf8')]));
const parts = readdirSync(`${UI}/messages`);

describe.each(parts)('the catalogue of %s', (part) => {
  const [en, de] = [read(part, 'en'), read(part, 'de')];

  it('says the same in both languages', () => {
    expect(Object.keys(de)).toEqual(Object.keys(en));
    for (const [key, message] of Object.entries(en)) {
      // Every variant of either language may say all that the message is given, and nothing else; together they say all of it.
      const given = [...new Set(variants(message).flatMap(placeholders))].sort();
      const told = [...new Set(variants(de[key]!).flatMap(placeholders))].sort();
      expect(told, key).toEqual(given);
      expect(typeof de[key], key).toBe(typeof message);
      for (const text of [...variants(message), ...variants(de[key]!)]) expect(text.trim(), key).not.toBe('');
    }
  });

  it('holds nothing that nobody says', () => {
    const all = [...source.values()].join('\n');
    const unused = Object.keys(en).filter((key) => !new RegExp(`\\bm\\.${key}\\b`).test(all));
    expect(unused).toEqual([]);
  });
});

/** Written the same in all languages: names, units, signs, what is typed. */
const SAME = /^(?:[^\p{L}]*|SVG|PNG|JSON|CSV|URL|readyState)$/u;
const SPOKEN = new Set(['title', 'placeholder', 'label', 'aria-label', 'aria-description', 'aria-roledescription', 'alt']);

interface Node {
  type: string;
  name?: string;
  data?: string;
  value?: unknown;
  start: number;
}

/** Words in the markup of a component: text, and attributes that are read. */
function wordsIn(text: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown, within: string[]) => {
    if (Array.isArray(node)) return node.forEach((one) => visit(one, within));
    if (typeof node !== 'object' || node === null || !('type' in node)) return;
    const { type, name, data } = node as Node;
    if (['Script', 'StyleSheet', 'StyleDirective'].includes(type)) return;
    const inAttribute = within.findLast((one) => one.startsWith('@'));
    // What stands in <code> and <kbd> is typed.
    const typed = within.includes('code') || within.includes('kbd');
    if (type === 'Text' && data && !typed && (inAttribute === undefined || SPOKEN.has(inAttribute.slice(1))) && !SAME.test(data.trim()))
      found.push(data.trim());
    const deeper = type === 'Attribute' ? [...within, `@${name}`] : name && /Element|Component/.test(type) ? [...within, name] : within;
    for (const [key, child] of Object.entries(node)) if (key !== 'expression' && key !== 'metadata') visit(child, deeper);
  };
  visit(parse(text, { modern: true }).fragment, []);
  return found;
}

describe('words for people', () => {
  it.each(files.filter((name) => name.endsWith('.svelte')))('are none of %s itself', (name) => {
    expect(wordsIn(source.get(name)!)).toEqual([]);
  });
});
