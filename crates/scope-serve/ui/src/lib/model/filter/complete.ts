// What could be written at the caret: fields, operators and values, from the registry and from what is in the view. No errors: those come from the server.
import type { Graph } from '../graph';
import { quotedValue, quotedWord } from './compose';
import { termsOf } from './terms';
import { countLabels, countValues, fieldsOf, type Field, type Fields } from './values';

export interface Proposal {
  /** What replaces the text between `from` and `to`. */
  insert: string;
  from: number;
  to: number;
  /** What is shown: text from outside, to be made visible. */
  label: string;
  kind: 'field' | 'value' | 'operator';
  /** The field's label or description. */
  detail?: string;
  count?: number;
  /** Writing goes on right behind it: no blank follows. */
  open?: boolean;
}

const MOST = 8;
const TEXT_UNITS = new Set(['text', 'list', 'map', 'bool']);
/** Fields whose values are proposed for a bare word. */
const SPOKEN = ['name', 'state', 'health', 'compose_project', 'compose_service', 'image', 'agent', 'namespace', 'user', 'kind'];

export function complete(text: string, caret: number, fields: Fields, graph: Graph | undefined): Proposal[] {
  const before = text.slice(0, caret);
  const term = termsOf(before).at(-1);
  // A caret behind a blank begins a new term, unless an operator waits for its value.
  const waits = term?.operator !== undefined && term.value === '' && term.operator !== 'or';
  if (!term || (term.to < caret && !waits)) return proposeFields('', caret, text, fields);
  if (term.group || term.operator === 'or') return lastWordIn(before, caret, text, fields, graph);
  if (term.field === undefined) {
    const from = term.valueFrom ?? term.from;
    const word = term.value ?? '';
    // Within quotes it is a text, not a field.
    const named = /^["']/.test(text.slice(from, caret)) ? [] : proposeFields(word, from, text, fields, caret);
    return [...named, ...proposeSpoken(word, from, caret, text, fields, graph)].slice(0, MOST);
  }
  const from = term.valueFrom ?? caret;
  return proposeValues(term.field, term.operator ?? ':', term.value ?? '', from, caret, text, fields, graph);
}

/** Inside of parentheses only the last word counts. */
function lastWordIn(before: string, caret: number, text: string, fields: Fields, graph: Graph | undefined): Proposal[] {
  const start = Math.max(before.lastIndexOf('('), before.lastIndexOf(' ')) + 1;
  const inner = before.slice(start);
  if (!inner || inner.includes('"') || inner.endsWith(')')) return [];
  return complete(inner, inner.length, fields, graph).map((one) => ({
    ...one,
    from: one.from + start,
    to: one.to + start + tail(text, caret),
  }));
}

/** How much of the word goes on behind the caret. */
const tail = (text: string, caret: number) => /^[^\s()]*/.exec(text.slice(caret))?.[0].length ?? 0;

function proposeFields(word: string, from: number, text: string, fields: Fields, caret = from): Proposal[] {
  const wanted = word.toLowerCase();
  const to = caret + (wanted ? tail(text, caret) : 0);
  const ranked = [...fields.values()]
    .map((field) => ({ field, said: saidAs(field), rank: rankOf(field, wanted) }))
    .filter((one) => one.rank < 4)
    .sort((a, b) => a.rank - b.rank || Number(a.field.hidden) - Number(b.field.hidden));
  return ranked.slice(0, wanted ? MOST : 6).map(({ field, said }) => {
    const figure = !TEXT_UNITS.has(field.unit);
    return {
      insert: figure ? `${said} > ` : `${said}:`,
      from,
      to,
      label: said,
      kind: 'field',
      detail: field.description || field.label,
      open: true,
    };
  });
}

/** A field by the shortest name that is its own. */
function saidAs(field: Field): string {
  const alias = field.aliases.find((one) => one !== 'age');
  return alias && alias.length < field.name.length ? alias : field.name;
}

function rankOf(field: Field, wanted: string): number {
  if (!wanted) return field.hidden ? 4 : 0;
  const names = [field.name, ...field.aliases];
  if (names.includes(wanted)) return 0;
  if (names.some((name) => name.startsWith(wanted))) return 1;
  if (field.label.toLowerCase().startsWith(wanted)) return 2;
  return wanted.length > 2 && field.name.includes(wanted) ? 3 : 4;
}

function proposeSpoken(word: string, from: number, caret: number, text: string, fields: Fields, graph: Graph | undefined): Proposal[] {
  if (!graph || word.length < 2) return [];
  const to = caret + tail(text, caret);
  return SPOKEN.flatMap((name) => {
    const field = fields.get(name);
    if (!field) return [];
    return matching(countValues(graph, name), word)
      .slice(0, 3)
      .map(([value, count]): Proposal => {
        const insert = `${saidAs(field)}=${quotedValue(value)}`;
        return { insert, from, to, label: `${saidAs(field)}=${value}`, kind: 'value', detail: field.label, count };
      });
  });
}

function proposeValues(
  field: string,
  operator: string,
  value: string,
  from: number,
  caret: number,
  text: string,
  fields: Fields,
  graph: Graph | undefined,
): Proposal[] {
  // Behind an open quote everything up to the end belongs to the value.
  const to = /^["']/.test(text.slice(from, caret))
    ? Math.max(caret, termsOf(text).find((term) => term.valueFrom === from)?.to ?? caret)
    : caret + tail(text, caret);
  if (field === 'has') return proposeFields(value, from, text, fields, caret).map((one) => ({ ...one, insert: one.label, open: false }));
  if (/^labels?$/i.test(field) && operator === ':') {
    const keys = graph ? matching(countLabels(graph), value) : [];
    return keys
      .slice(0, MOST)
      .map(([key, count]) => ({ insert: `${quotedWord(key)}=`, from, to, label: key, kind: 'field', count, open: true }));
  }
  const label = /^labels?[:.](.*)$/is.exec(field)?.[1];
  const known = label === undefined ? fieldsOf(fields, field) : [];
  const first = known[0];
  if (first && !TEXT_UNITS.has(first.unit)) return proposeFigures(first, operator, value, from, to);
  const names = label === undefined ? known.map((one) => one.name) : [`label:${label}`];
  const counted = graph ? names.flatMap((name) => countValues(graph, name)) : [];
  return matching(counted, value)
    .slice(0, MOST)
    .map(([text, count]) => ({ insert: quotedValue(text), from, to, label: text, kind: 'value', count }));
}

/** What figures of a unit are usually compared with. */
const FIGURES: Readonly<Record<string, readonly string[]>> = {
  bytes: ['100MiB', '512MiB', '1GiB'],
  bytes_per_second: ['100KiB/s', '1MiB/s', '10MiB/s'],
  percent: ['50', '80', '95'],
  percent_of_core: ['5', '50', '100'],
  time: ['5m', '1h', '1d'],
  seconds: ['5s', '1m', '1h'],
  micros: ['1ms', '100ms', '1s'],
};

function proposeFigures(field: Field, operator: string, value: string, from: number, to: number): Proposal[] {
  const figures = FIGURES[field.unit] ?? ['0'];
  const said = operator === ':' && value === '' ? ['>', '<'] : [''];
  return said.flatMap((sign) =>
    figures
      .filter((figure) => figure.startsWith(value))
      .map((figure): Proposal => ({
        insert: `${sign}${figure}`,
        from,
        to,
        label: `${sign}${sign && ' '}${figure}`,
        kind: 'operator',
        detail: field.label,
      })),
  );
}

function matching(counted: [string, number][], word: string): [string, number][] {
  const wanted = word.toLowerCase();
  if (!wanted) return counted;
  const begins = counted.filter(([text]) => text.toLowerCase().startsWith(wanted));
  const holds = counted.filter(([text]) => !text.toLowerCase().startsWith(wanted) && text.toLowerCase().includes(wanted));
  return [...begins, ...holds];
}

/** The text with a proposal in it, and where the caret goes on. */
export function accept(text: string, proposal: Proposal): { text: string; caret: number } {
  const blank = proposal.open || text[proposal.to] === ' ' || text[proposal.to] === ')' ? '' : ' ';
  const written = text.slice(0, proposal.from) + proposal.insert + blank + text.slice(proposal.to);
  return { text: written, caret: proposal.from + proposal.insert.length + blank.length };
}
