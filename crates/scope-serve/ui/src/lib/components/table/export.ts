// A table as text to take away: raw values, as `scope render -o csv` and `-o json` have them. Spreadsheets run what begins with `=`, `+`, `-`, `@`: such
// texts get an apostrophe.
import type { Attribute } from '#lib/live/messages';
import type { Column } from './columns';
import type { Rows } from './rows';

// Also the wide forms, which some spreadsheets take for the same, and what they skip at the beginning.
const FORMULA = /^[\s\u0000-\u001f\u007f-\u00a0'"]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
const QUOTED = /[",\r\n;\t]/;

function cell(value: Attribute | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? value.join(' ')
        : JSON.stringify(value);
  return quoted(FORMULA.test(text) ? `'${text}` : text);
}

const quoted = (text: string) => (QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The names that a reader of the file knows, not those for people: they do not change with the language. */
const keysOf = (columns: readonly Column[]) => [
  'id',
  ...columns.map((column) => column.key).filter((key) => key !== 'id' && key !== 'condition'),
];

const valueOf = (rows: Rows, n: number, key: string) => (key === 'id' ? rows.row(n)?.id : rows.value(n, key));

export function csv(rows: Rows, order: readonly number[], columns: readonly Column[]): string {
  const keys = keysOf(columns);
  const lines = [keys.map((key) => cell(key)).join(',')];
  for (const n of order) lines.push(keys.map((key) => cell(valueOf(rows, n, key))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

export function json(rows: Rows, order: readonly number[], columns: readonly Column[]): string {
  const keys = keysOf(columns);
  const things = order.map((n) =>
    Object.fromEntries(keys.map((key) => [key, valueOf(rows, n, key)]).filter(([, value]) => value !== undefined)),
  );
  return `${JSON.stringify(things, null, 1)}\n`;
}

/** Hands a text to the browser as a file. */
export function download(text: string, name: string, type: string) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
