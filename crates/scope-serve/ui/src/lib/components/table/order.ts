// In what order rows stand: numbers sorted by a key that was worked out once for each of them. Plain sort of one array of numbers: nothing is built anew for
// each row (10,000 rows in a few milliseconds). No drawing.
import type { Attribute } from '#lib/live/messages';
import type { Column } from './columns';
import type { Rows } from './rows';

export interface Sorting {
  key: string;
  descending: boolean;
}

/** `-cpu_pct` is the largest first. */
export function readSorting(text: string): Sorting | undefined {
  if (!text) return undefined;
  return text.startsWith('-') ? { key: text.slice(1), descending: true } : { key: text, descending: false };
}

export const writeSorting = ({ key, descending }: Sorting) => `${descending ? '-' : ''}${key}`;

const folded = new Map<string, string>();

/** Small and capital letters alike, and `web-2` before `web-10`. */
function fold(text: string): string {
  let key = folded.get(text);
  if (key === undefined) {
    key = text.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
    if (folded.size > 100_000) folded.clear();
    folded.set(text, key);
  }
  return key;
}

const asText = (value: Attribute | undefined): string =>
  value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : Array.isArray(value) && typeof value[0] === 'string'
        ? value.join(' ')
        : JSON.stringify(value);

export class Order {
  /** The rank of each row by its name, which decides where all else is equal. */
  #names = new Float64Array(0);
  #keys = new Float64Array(0);
  #order: number[] = [];
  #stale = true;

  /** Nodes came, went or changed: what was remembered of them no longer holds. */
  changed() {
    this.#stale = true;
  }

  /** The rows in order. `numbers` are all of them, in any order. */
  sort(rows: Rows, numbers: readonly number[], column: Column | undefined, descending: boolean): number[] {
    const most = numbers.reduce((most, n) => Math.max(most, n), 0) + 1;
    if (this.#keys.length < most) this.#keys = new Float64Array(most * 2);
    if (this.#stale || this.#names.length < most) {
      this.#names = new Float64Array(most * 2);
      rank(numbers, (n) => rows.name(n), this.#names);
      this.#stale = false;
    }
    const names = this.#names;
    const keys = this.#keys;
    const order = this.#begin(numbers, most);
    if (!column || column.key === 'name') {
      const sign = descending ? -1 : 1;
      return (this.#order = order.sort((a, b) => sign * ((names[a] ?? 0) - (names[b] ?? 0)) || a - b));
    }
    fill(rows, numbers, column, descending, keys);
    return (this.#order = order.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || (names[a] ?? 0) - (names[b] ?? 0) || a - b));
  }

  /** Begins with the order that was: what is nearly sorted is sorted quickly. */
  #begin(numbers: readonly number[], most: number): number[] {
    const left = new Uint8Array(most);
    for (const n of numbers) left[n] = 1;
    const order: number[] = [];
    for (const n of this.#order) {
      if (left[n] !== 1) continue;
      left[n] = 2;
      order.push(n);
    }
    if (order.length < numbers.length) for (const n of numbers) if (left[n] === 1) order.push(n);
    return order;
  }
}

/** What to sort by, always from the smallest: what is unknown comes last either way. */
function fill(rows: Rows, numbers: readonly number[], column: Column, descending: boolean, keys: Float64Array) {
  const sign = descending ? -1 : 1;
  const figures = rows.figures(column.key);
  if (figures) {
    for (const n of numbers) {
      const value = figures[n] ?? NaN;
      keys[n] = Number.isNaN(value) ? Infinity : sign * value;
    }
    return;
  }
  if (column.numeric || column.key === 'condition') {
    for (const n of numbers) {
      const value = rows.value(n, column.key);
      keys[n] = typeof value === 'number' && !Number.isNaN(value) ? sign * value : Infinity;
    }
    return;
  }
  rank(numbers, (n) => asText(rows.value(n, column.key)), keys);
  for (const n of numbers) keys[n] = keys[n] === Infinity ? Infinity : sign * (keys[n] ?? 0);
}

/** Ranks texts: equal ones have the same, empty ones the last. Only what differs is compared. */
function rank(numbers: readonly number[], text: (n: number) => string, ranks: Float64Array) {
  const texts = numbers.map((n) => fold(text(n)));
  const places = new Map<string, number>();
  [...new Set(texts)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).forEach((one, at) => places.set(one, one === '' ? Infinity : at));
  numbers.forEach((n, at) => (ranks[n] = places.get(texts[at] ?? '') ?? Infinity));
}
