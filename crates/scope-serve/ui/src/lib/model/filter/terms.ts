// A filter taken apart into the terms that must all hold, as far as the page needs it for chips, facets and completion. What a filter means, and whether it
// can be read at all, only the server says.

export interface Term {
  /** As it stands in the filter. */
  text: string;
  from: number;
  to: number;
  negated: boolean;
  /** In parentheses. */
  group: boolean;
  /** As written, quotes taken off; absent where the term is a text alone. */
  field?: string;
  operator?: string;
  value?: string;
  /** Where the value begins, in the filter. */
  valueFrom?: number;
}

const BLANK = /\s/;
const OPERATOR = /^(?:>=|<=|!=|==|>|<|=)/;
const WORDS = new Set(['or', 'and', 'not']);

/** Where a quoted text ends: after its closing quote, or at the end. */
function pastQuote(text: string, at: number): number {
  const quote = text[at];
  for (let i = at + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}

function pastBlanks(text: string, at: number): number {
  let i = at;
  while (i < text.length && BLANK.test(text[i] ?? '')) i += 1;
  return i;
}

/** Where a word ends: at a blank or a parenthesis that is in no quotes. */
function pastWord(text: string, at: number): number {
  let i = at;
  let begins = true;
  while (i < text.length) {
    const c = text[i] ?? '';
    if (BLANK.test(c) || c === '(' || c === ')') break;
    if (c === '\\') i += 2;
    else if (c === '"' || (c === "'" && begins)) i = pastQuote(text, i);
    else i += 1;
    begins = c === ':' || c === '=' || c === '<' || c === '>';
  }
  return Math.min(i, text.length);
}

function pastParenthesis(text: string, at: number): number {
  let depth = 0;
  let i = at;
  while (i < text.length) {
    const c = text[i] ?? '';
    if (c === '(') depth += 1;
    else if (c === ')') depth -= 1;
    if (c === '(' || c === ')') {
      i += 1;
      if (depth <= 0) return i;
    } else i = BLANK.test(c) ? i + 1 : pastWord(text, i);
  }
  return text.length;
}

function pastTerm(text: string, at: number): number {
  if (text[at] === '(') return pastParenthesis(text, at);
  // What closes nothing is a term of its own, for the server to complain about.
  if (text[at] === ')') return at + 1;
  let to = pastWord(text, at);
  const word = text.slice(at, to);
  if (/[<>=]$/.test(word) && !WORDS.has(word)) {
    const value = pastBlanks(text, to);
    return value < text.length ? pastWord(text, value) : to;
  }
  const next = pastBlanks(text, to);
  const operator = OPERATOR.exec(text.slice(next))?.[0];
  if (operator) {
    to = next + operator.length;
    const value = pastBlanks(text, to);
    if (value < text.length && text[value] !== ')' && text[value] !== '(') to = pastWord(text, value);
  }
  return to;
}

/** What stands between `begin` and the ends of its parts: `-` and `not` before a term. */
function pastNegations(text: string, at: number): number {
  let i = at;
  for (;;) {
    if (text[i] === '-') i = pastBlanks(text, i + 1);
    else if (/^not(?=[\s(])/i.test(text.slice(i))) i = pastBlanks(text, i + 3);
    else return i;
  }
}

/** The terms that must all hold. Where the filter has an `or` at the top it is one term as a whole. */
export function termsOf(filter: string): Term[] {
  const terms: Term[] = [];
  let at = pastBlanks(filter, 0);
  while (at < filter.length) {
    const body = pastNegations(filter, at);
    const to = body < filter.length ? pastTerm(filter, body) : filter.length;
    const word = filter.slice(at, to).toLowerCase();
    if (word === 'or') return [whole(filter)];
    if (word !== 'and') terms.push(read(filter, at, body, to));
    at = pastBlanks(filter, Math.max(to, at + 1));
  }
  return terms;
}

/** Every term with a field, wherever it stands: within parentheses and in alternatives too. */
export function fieldTermsOf(filter: string): Term[] {
  const found: Term[] = [];
  let at = pastBlanks(filter, 0);
  while (at < filter.length) {
    const body = pastNegations(filter, at);
    const to = body < filter.length ? pastTerm(filter, body) : filter.length;
    if (filter[body] === '(') found.push(...fieldTermsOf(filter.slice(body + 1, filter[to - 1] === ')' ? to - 1 : to)));
    else if (!WORDS.has(filter.slice(at, to).toLowerCase())) {
      const term = read(filter, at, body, to);
      if (term.field !== undefined) found.push(term);
    }
    at = pastBlanks(filter, Math.max(to, at + 1));
  }
  return found;
}

/** Whether the filter is one `or` at the top. */
export function hasAlternatives(filter: string): boolean {
  const terms = termsOf(filter);
  return terms.length === 1 && terms[0]?.operator === 'or';
}

function whole(filter: string): Term {
  const from = pastBlanks(filter, 0);
  const text = filter.trim();
  return { text, from, to: from + text.length, negated: false, group: true, operator: 'or' };
}

function read(filter: string, from: number, body: number, to: number): Term {
  const minuses = filter.slice(from, body).match(/-|not/gi)?.length ?? 0;
  const term: Term = { text: filter.slice(from, to), from, to, negated: minuses % 2 === 1, group: filter[body] === '(' };
  if (term.group) return term;
  const found = operatorFrom(filter, body, to);
  if (found) {
    let { at, operator } = found;
    let after = at + operator.length;
    let field = unquoted(filter.slice(body, at).trimEnd());
    if (operator === ':') {
      // `cpu:>20` is `cpu > 20`, and `label:key=value` has its key before the operator.
      const keyed = /^labels?$/i.test(field);
      const second = keyed ? operatorFrom(filter, after, to) : operatorAt(filter, after, to);
      if (second) {
        if (keyed) field = `label:${unquoted(filter.slice(after, second.at).trimEnd())}`;
        ({ at, operator } = second);
        after = at + operator.length;
      }
    }
    term.field = field;
    term.operator = operator;
    term.valueFrom = Math.min(pastBlanks(filter, after), to);
    term.value = unquoted(filter.slice(term.valueFrom, to));
    return term;
  }
  term.value = unquoted(filter.slice(body, to));
  term.valueFrom = body;
  return term;
}

interface Found {
  at: number;
  operator: string;
}

function operatorAt(filter: string, at: number, to: number): Found | undefined {
  const operator = filter[at] === ':' ? ':' : OPERATOR.exec(filter.slice(at, to))?.[0];
  return operator ? { at, operator } : undefined;
}

/** The first operator that is in no quotes, and has something before it. */
function operatorFrom(filter: string, from: number, to: number): Found | undefined {
  let i = from;
  while (i < to) {
    const c = filter[i] ?? '';
    if (c === '"' || (c === "'" && i === from)) i = pastQuote(filter, i);
    else if (c === '\\') i += 2;
    else {
      const found = i > from ? operatorAt(filter, i, to) : undefined;
      if (found) return found;
      i += 1;
    }
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** A text without its quotes and backslashes. */
export function unquoted(text: string): string {
  let out = '';
  let quote = '';
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? '';
    if (c === '\\' && i + 1 < text.length) {
      i += 1;
      const next = text[i] ?? '';
      out += (quote && ESCAPES[next]) || next;
    } else if (quote ? c === quote : c === '"' || (c === "'" && i === 0)) quote = quote ? '' : c;
    else out += c;
  }
  return out;
}

/** The values of `(field=a or field=b)`, where a group is nothing but that. */
export function alternativesOf(term: Term): { field: string; values: string[] } | undefined {
  if (term.negated) return undefined;
  if (!term.group) return term.field !== undefined && term.operator === '=' ? { field: term.field, values: [term.value ?? ''] } : undefined;
  const inside = term.text.slice(1, -1);
  if (!term.text.startsWith('(') || !term.text.endsWith(')')) return undefined;
  const values: string[] = [];
  let field: string | undefined;
  let at = pastBlanks(inside, 0);
  for (let turn = 0; at < inside.length; turn += 1) {
    const to = pastTerm(inside, at);
    if (turn % 2 === 1) {
      if (inside.slice(at, to).toLowerCase() !== 'or') return undefined;
    } else {
      const part = read(inside, at, at, to);
      if (part.group || part.operator !== '=' || part.field === undefined || (field ?? part.field) !== part.field) return undefined;
      field = part.field;
      values.push(part.value ?? '');
    }
    at = pastBlanks(inside, Math.max(to, at + 1));
  }
  return field === undefined ? undefined : { field, values };
}
