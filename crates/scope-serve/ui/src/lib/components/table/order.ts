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

/** The ranks of texts by number: equal ones have the same, empty ones the last. What was the same last time costs next to nothing. */
class Ranks {
  of = new Float64Array(0);
  #texts: (string | undefined)[] = [];
  /** All texts that there are, in order. */
  #sorted: string[] = [];
  #ranked = 0;

  rank(numbers: readonly number[], most: number, text: (n: number) => string) {
    const texts = this.#texts;
    let same = numbers.length === this.#ranked;
    for (const n of numbers) {
      const now = text(n);
      if (texts[n] === now) continue;
      texts[n] = now;
      same = false;
    }
    if (same) return;
    if (this.of.length < most) this.of = new Float64Array(most * 2);
    this.#ranked = numbers.length;
    const there = new Set<string>();
    for (const n of numbers) there.add(fold(texts[n] ?? ''));
    // Begins with the order that was, so that few are new to it.
    const sorted: string[] = [];
    for (const one of this.#sorted) if (there.delete(one)) sorted.push(one);
    const fresh = [...there];
    this.#sorted = [...sorted, ...fresh].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const places = new Map<string, number>();
    this.#sorted.forEach((one, at) => places.set(one, one === '' ? Infinity : at));
    for (const n of numbers) this.of[n] = places.get(fold(texts[n] ?? '')) ?? Infinity;
  }
}

export class Order {
  /** The rank of each row by its name, which decides where all else is equal. */
  #names = new Ranks();
  /** The ranks of the column of text that was sorted by last. */
  #column = { key: '', ranks: new Ranks() };
  #keys = new Float64Array(0);
  #order: number[] = [];
  #stale = true;

  /** Nodes came, went or changed: names may be others. */
  changed() {
    this.#stale = true;
  }

  /** The rows in order. `numbers` are all of them, in any order. */
  sort(rows: Rows, numbers: readonly number[], column: Column | undefined, descending: boolean): number[] {
    let most = 1;
    for (const n of numbers) if (n >= most) most = n + 1;
    if (this.#keys.length < most) this.#keys = new Float64Array(most * 2);
    if (this.#stale || this.#names.of.length < most) {
      this.#names.rank(numbers, most, (n) => rows.name(n));
      this.#stale = false;
    }
    const names = this.#names.of;
    const keys = this.#keys;
    const order = this.#begin(numbers, most);
    if (!column || column.key === 'name') {
      const sign = descending ? -1 : 1;
      return (this.#order = order.sort((a, b) => sign * (names[a]! - names[b]!) || a - b));
    }
    this.#fill(rows, numbers, most, column, descending);
    return (this.#order = order.sort((a, b) => keys[a]! - keys[b]! || names[a]! - names[b]! || a - b));
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

  /** What to sort by, always from the smallest: what is unknown comes last either way. */
  #fill(rows: Rows, numbers: readonly number[], most: number, column: Column, descending: boolean) {
    const keys = this.#keys;
    const sign = descending ? -1 : 1;
    const put = (n: number, value: number) => (keys[n] = Number.isNaN(value) ? Infinity : sign * value);
    const figures = rows.figures(column.key);
    if (figures) {
      for (const n of numbers) put(n, figures[n] ?? NaN);
    } else if (column.numeric || column.key === 'condition') {
      for (const n of numbers) {
        const value = rows.value(n, column.key);
        put(n, typeof value === 'number' ? value : NaN);
      }
    } else {
      if (this.#column.key !== column.key) this.#column = { key: column.key, ranks: new Ranks() };
      const { ranks } = this.#column;
      ranks.rank(numbers, most, (n) => asText(rows.value(n, column.key)));
      for (const n of numbers) put(n, ranks.of[n] === Infinity ? NaN : (ranks.of[n] ?? NaN));
    }
  }
}
