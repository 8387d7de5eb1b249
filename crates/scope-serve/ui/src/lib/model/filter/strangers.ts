// Fields that a filter names and nobody knows: mostly slips of the pen, and a filter with one finds nothing without a word. Plugins may bring fields of their own,
// so this warns and refuses nothing.
import type { Graph } from '../graph';
import { fieldTermsOf } from './terms';
import { fieldsOf, type Fields } from './values';

export interface Stranger {
  /** As written. */
  field: string;
  /** A field that it may have been meant to be. */
  near?: string;
}

/** What every node has, and what opens maps with keys of anybody's choice. */
const KNOWN = new Set(['id', 'kind', 'name', 'parents', 'endpoints', 'agent', 'source', 'label', 'labels', 'env']);

/** The fields of a filter that neither the registry nor a node of the view has. */
export function strangersOf(filter: string, fields: Fields, graph: Graph | undefined): Stranger[] {
  if (!filter || fields.size === 0) return [];
  const named = fieldTermsOf(filter).map(({ field = '', value = '' }) => (field.toLowerCase() === 'has' ? value : field));
  const unknown = [...new Set(named)].filter((name) => {
    const first = /^[^.:]*/.exec(name)?.[0].toLowerCase() ?? '';
    return first !== '' && !KNOWN.has(first) && !fieldsOf(fields, first).length && !fieldsOf(fields, name).length;
  });
  return unknown
    .filter((name) => !graph || !isOfNodes(graph, name))
    .map((field) => {
      const near = nearTo(field.toLowerCase(), fields);
      return near === undefined ? { field } : { field, near };
    });
}

function isOfNodes(graph: Graph, name: string): boolean {
  const first = /^[^.]*/.exec(name)?.[0] ?? '';
  if (graph.figureNames.includes(name)) return true;
  for (const node of graph.nodes.values()) if (node.facts.attrs && (name in node.facts.attrs || first in node.facts.attrs)) return true;
  return false;
}

function nearTo(name: string, fields: Fields): string | undefined {
  let best: { said: string; far: number } | undefined;
  for (const field of fields.values()) {
    for (const one of [field.name, ...field.aliases, field.label.toLowerCase()]) {
      const far = distance(name, one);
      if (far > (one.length < 5 ? 1 : 2) || far >= (best?.far ?? Infinity)) continue;
      // A label is what people read: the field is written by its shortest name.
      const short = [field.name, ...field.aliases.filter((alias) => alias !== 'age')].reduce((a, b) => (b.length < a.length ? b : a));
      best = { said: one === field.name || field.aliases.includes(one) ? one : short, far };
    }
  }
  return best?.said;
}

/** How many letters must be written, taken away, changed or swapped with the next one. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same, swapped));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? Infinity;
}

/** The filter with one field for another, wherever it is written. */
export function renamed(filter: string, from: string, to: string): string {
  const terms = fieldTermsOf(filter).filter(({ field, value }) => field === from || (field?.toLowerCase() === 'has' && value === from));
  let text = filter;
  for (const term of terms) text = text.replace(term.text, () => term.text.replace(from, () => to));
  return text;
}
