// How many nodes have each value of a field, kept up to date by what comes and goes instead of being counted anew.
import type { GraphNode } from '../graph';
import { LONGEST, weight, type Reader } from './values';

interface Held {
  /** Nodes that have it, and how many they stand for. */
  nodes: number;
  count: number;
}

export type Counted = [value: string, count: number];

export class Tally {
  #held = new Map<string, Held>();
  #first: Counted[] | undefined;

  /** @param most how many values are told, the most frequent ones. */
  constructor(
    readonly read: Reader,
    readonly most: number,
  ) {}

  /** How many different values there are. */
  get size(): number {
    return this.#held.size;
  }

  tell(left: GraphNode | undefined, came: GraphNode | undefined) {
    const before = left && this.read(left);
    const now = came && this.read(came);
    // Most changes are to something else.
    if (left && came && weight(left) === weight(came) && same(before, now)) return;
    if (left && before !== undefined) this.#put(before, -1, weight(left));
    if (came && now !== undefined) this.#put(now, 1, weight(came));
  }

  /** Values with how many nodes have them, the most frequent first, equal ones by name. The same list until it is another. */
  first(): Counted[] {
    return (this.#first ??= leading(this.#held, this.most));
  }

  #put(texts: string | readonly string[], sign: 1 | -1, members: number) {
    if (typeof texts === 'string') this.#putOne(texts, sign, members);
    else for (const text of texts.length > 1 ? new Set(texts) : texts) this.#putOne(text, sign, members);
  }

  #putOne(text: string, sign: 1 | -1, members: number) {
    if (text === '' || text.length > LONGEST) return;
    this.#first = undefined;
    const held = this.#held.get(text);
    if (!held) this.#held.set(text, { nodes: 1, count: members });
    else {
      held.nodes += sign;
      held.count += sign * members;
      if (held.nodes === 0) this.#held.delete(text);
    }
  }
}

function same(a: string | readonly string[] | undefined, b: string | readonly string[] | undefined): boolean {
  if (a === b) return true;
  if (typeof a === 'string' || typeof b === 'string' || !a || !b) return false;
  return a.length === b.length && a.every((text, at) => text === b[at]);
}

const compare = ([a, n]: Counted, [b, k]: Counted) => k - n || (a < b ? -1 : 1);

/** The first of an order. There may be a value for each node: those that come to nothing are not put in order. */
function leading(held: ReadonlyMap<string, Held>, most: number): Counted[] {
  if (held.size <= most) return Array.from(held, ([text, { count }]): Counted => [text, count]).sort(compare);
  const first: Counted[] = [];
  for (const [text, { count }] of held) {
    const one: Counted = [text, count];
    const last = first[most - 1];
    if (last && compare(one, last) > 0) continue;
    let [from, to] = [0, first.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compare(one, first[middle]!) < 0) to = middle;
      else from = middle + 1;
    }
    first.splice(from, 0, one);
    if (first.length > most) first.pop();
  }
  return first;
}
