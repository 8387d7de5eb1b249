// In what order rows stand: numbers sorted by a key that was worked out once for each of them. Nothing is built anew for each row (10,000 rows in a few
// milliseconds), and texts are compared where they changed: from then on they are ranks, which are counted instead of compared. No drawing.
import type { Attribute } from '#lib/live/messages';
import type { Column } from './columns';
import { byFigure, isMixed } from './packed';
import type { Rows } from './rows';

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
  /** The largest rank that there is. */
  last = 0;
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
    this.last = this.#sorted.length;
    const places = new Map<string, number>();
    this.#sorted.forEach((one, at) => places.set(one, one === '' ? this.last : at));
    for (const n of numbers) this.of[n] = places.get(fold(texts[n] ?? '')) ?? this.last;
  }
}

/** The rows by key, which are whole numbers up to `last`; equal ones in the order in which they came. In time that grows with their number alone. */
function counted(rows: ArrayLike<number>, keys: Float64Array, last: number): number[] {
  const places = new Uint32Array(last + 2);
  for (let at = 0; at < rows.length; at += 1) places[keys[rows[at]!]! + 1]! += 1;
  for (let key = 1; key <= last; key += 1) places[key]! += places[key - 1]!;
  const order = new Array<number>(rows.length);
  for (let at = 0; at < rows.length; at += 1) order[places[keys[rows[at]!]!]!++] = rows[at]!;
  return order;
}

export class Order {
  /** The rank of each row by its name, which decides where all else is equal. */
  #names = new Ranks();
  /** The ranks of the column of text that was sorted by last. */
  #column = { key: '', ranks: new Ranks() };
  #keys = new Float64Array(0);
  #order: number[] = [];
  /** The rows by name, equal ones by number. */
  #named: readonly number[] = [];
  /** What the ranks are of, and one more than the largest number in it. */
  #ranked: readonly number[] | undefined;
  #most = 1;

  /** Nodes came, went or changed: names may be others. */
  changed() {
    this.#ranked = undefined;
  }

  /** The rows in order. `numbers` are all of them, in any order; the same list is of the same rows until there is talk of change. */
  sort(rows: Rows, numbers: readonly number[], column: Column | undefined, descending: boolean): number[] {
    if (this.#ranked !== numbers) {
      this.#most = 1;
      for (const n of numbers) if (n >= this.#most) this.#most = n + 1;
      if (this.#keys.length < this.#most) this.#keys = new Float64Array(this.#most * 2);
      this.#names.rank(numbers, this.#most, (n) => rows.name(n));
      this.#named = counted(new Uint32Array(numbers).sort(), this.#names.of, this.#names.last);
      this.#column.key = '';
      this.#ranked = numbers;
    }
    const [names, keys] = [this.#names.of, this.#keys];
    const last = this.#fill(rows, numbers, column, descending);
    if (last !== undefined) return (this.#order = counted(this.#named, keys, last));
    const begun = this.#begin(numbers);
    // What is turned around, or nearly in order, is compared in no time; what has other figures is not.
    if (isMixed(begun, keys)) return (this.#order = byFigure(this.#named, keys));
    return (this.#order = begun.sort((a, b) => keys[a]! - keys[b]! || names[a]! - names[b]! || a - b));
  }

  /** Begins with the order that was: what is nearly sorted is sorted quickly. */
  #begin(numbers: readonly number[]): number[] {
    const left = new Uint8Array(this.#most);
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

  /** What to sort by, always from the smallest: what is unknown comes last either way. Yields the largest key where all are ranks. */
  #fill(rows: Rows, numbers: readonly number[], column: Column | undefined, descending: boolean): number | undefined {
    const keys = this.#keys;
    const sign = descending ? -1 : 1;
    if (!column || column.key === 'name') {
      const { of, last } = this.#names;
      for (const n of numbers) keys[n] = descending ? last - of[n]! : of[n]!;
      return last;
    }
    const put = (n: number, value: number) => (keys[n] = Number.isNaN(value) ? Infinity : sign * value);
    const figures = rows.figures(column.key);
    if (figures) {
      for (let at = 0; at < numbers.length; at += 1) {
        const n = numbers[at]!;
        put(n, n < figures.length ? figures[n]! : NaN);
      }
      return undefined;
    }
    const read = rows.reader(column.key);
    if (column.numeric || column.key === 'condition') {
      for (const n of numbers) {
        const value = read(n);
        put(n, typeof value === 'number' ? value : NaN);
      }
      return undefined;
    }
    if (this.#column.key !== column.key) {
      const { ranks } = this.#column;
      ranks.rank(numbers, this.#most, (n) => asText(read(n)));
      this.#column = { key: column.key, ranks };
    }
    const { of, last } = this.#column.ranks;
    for (const n of numbers) keys[n] = of[n] === last || !descending ? of[n]! : last - 1 - of[n]!;
    return last;
  }
}
