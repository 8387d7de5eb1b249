// Filters put together: quoting, terms for facets, adding and taking away. Text in, text out.
import { alternativesOf, hasAlternatives, termsOf, type Term } from './terms';

const PLAIN_VALUE = /^[\p{L}\p{N}_./@+%][\p{L}\p{N}_./@+%:-]*$/u;
const PLAIN_WORD = /^[\p{L}\p{N}_./@+%][\p{L}\p{N}_./@+%-]*$/u;

function quotedUnless(plain: RegExp, text: string): string {
  if (plain.test(text) && !/^(?:or|and|not)$/i.test(text)) return text;
  const inside = text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return `"${inside}"`;
}

/** A value behind an operator, in quotes where it needs them. */
export const quotedValue = (text: string) => quotedUnless(PLAIN_VALUE, text);
/** A text that stands alone, or before an operator. */
export const quotedWord = (text: string) => quotedUnless(PLAIN_WORD, text);

/** `field=value`; the field may be `label:KEY`. */
export function equals(field: string, value: string): string {
  const key = /^label:(.*)$/s.exec(field)?.[1];
  return `${key === undefined ? field : `label:${quotedWord(key)}`}=${quotedValue(value)}`;
}

/** One of several values. */
export function oneOf(field: string, values: readonly string[]): string {
  if (values.length === 1) return equals(field, values[0] ?? '');
  return `(${values.map((value) => equals(field, value)).join(' or ')})`;
}

/** The filter, and the term as well. */
export function append(filter: string, term: string): string {
  const before = filter.trim();
  if (!before || !term.trim()) return before || term.trim();
  return `${inOne(before)} ${inOne(term.trim())}`;
}

/** What has an `or` at its top goes into parentheses beside other terms. */
const inOne = (filter: string) => (hasAlternatives(filter) ? `(${filter})` : filter);

export function withoutTerm(filter: string, at: number): string {
  return termsOf(filter)
    .filter((_, place) => place !== at)
    .map((term) => term.text)
    .join(' ');
}

/** The field of a term as facets name it: a label is `label:KEY`. */
function facetField(term: Term): string | undefined {
  const found = alternativesOf(term)?.field;
  return found?.replace(/^labels?[:.]/, 'label:');
}

/** Values that the filter wants of a field. */
export function wanted(filter: string, field: string): string[] {
  return termsOf(filter).flatMap((term) => (facetField(term) === field ? (alternativesOf(term)?.values ?? []) : []));
}

/** Values of a field that the filter does not want. */
export function unwanted(filter: string, field: string): string[] {
  return termsOf(filter).flatMap((term) => {
    if (!term.negated || term.group || term.operator !== '=') return [];
    return term.field?.replace(/^labels?[:.]/, 'label:') === field ? [term.value ?? ''] : [];
  });
}

/** Wants the value beside the others of its field, or no longer. */
export function toggled(filter: string, field: string, value: string): string {
  const terms = termsOf(filter);
  const chosen = wanted(filter, field);
  const values = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
  const rest = terms.filter((term) => facetField(term) !== field && !isExclusion(term, field, value)).map((term) => inOne(term.text));
  return [...rest, ...(values.length ? [oneOf(field, values)] : [])].join(' ');
}

/** Leaves the value out, or no longer. */
export function excluded(filter: string, field: string, value: string): string {
  const terms = termsOf(filter);
  if (terms.some((term) => isExclusion(term, field, value))) {
    return terms
      .filter((term) => !isExclusion(term, field, value))
      .map((term) => term.text)
      .join(' ');
  }
  const without = wanted(filter, field).includes(value) ? toggled(filter, field, value) : filter;
  return append(without, `-${equals(field, value)}`);
}

function isExclusion(term: Term, field: string, value: string): boolean {
  return term.negated && term.operator === '=' && term.value === value && term.field?.replace(/^labels?[:.]/, 'label:') === field;
}
