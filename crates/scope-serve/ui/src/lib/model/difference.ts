// What of a node is another than it was, as bits of one number: who keeps what follows from a part of it looks at those alone of which that part is another.
// Facts that say what they said are taken over. Plain data, as it comes from JSON.
import type { NodeFacts } from '../live/messages';
import { shared } from './shared';

export const KIND = 1;
export const NAME = 2;
export const ROLE = 4;
export const PLACE = 8;
export const MEMBERS = 16;
export const PARENTS = 32;
export const AGENTS = 64;
/** Facts and attributes that nobody asks for by themselves. */
const OTHERS = 128;
const FIRST_ATTRIBUTE = 256;
/** The bits of a small integer, as engines keep them without making an object. */
const END = 2 ** 30;
/** It came, went, or took the number of another. */
export const ALL = END - 1;

const FACTS = new Map([
  ['members', MEMBERS],
  ['parents', PARENTS],
  ['agents', AGENTS],
]);
const attributes = new Map<string, number>();
let next = FIRST_ATTRIBUTE;

/** The bits of attributes, which they have from then on. The last one is shared by all that come too late: a look more, and none less. */
export function bitsOf(...names: readonly string[]): number {
  let bits = 0;
  for (const name of names) {
    let bit = attributes.get(name);
    if (bit === undefined) {
      attributes.set(name, (bit = next));
      next = Math.min(next * 2, END / 2);
    }
    bits |= bit;
  }
  return bits;
}

/** What of the facts is another. In `now`, lists and maps that say what they said become those of before. */
export function differenceOf(before: NodeFacts, now: NodeFacts): number {
  let bits = 0;
  let common = 0;
  const [was, is] = [before as Said, now as Said];
  for (const key in is) {
    const old = was[key];
    if (old === is[key]) common += 1;
    else {
      // What every object has by itself is none of what was said.
      const had = Object.hasOwn(was, key);
      if (had) common += 1;
      if (key === 'attrs') {
        const attrs = ofAttributes(before.attrs ?? {}, now.attrs ?? {});
        if (attrs === 0 && before.attrs) now.attrs = before.attrs;
        bits |= attrs;
        continue;
      }
      if (had) is[key] = shared(old, is[key]);
      if (!had || is[key] !== old) bits |= FACTS.get(key) ?? OTHERS;
    }
  }
  if (common < Object.keys(was).length)
    for (const key in was)
      if (!Object.hasOwn(is, key)) bits |= key === 'attrs' ? ofAttributes(before.attrs ?? {}, {}) : (FACTS.get(key) ?? OTHERS);
  return bits;
}

type Said = Record<string, unknown>;

function ofAttributes(was: Said, is: Said): number {
  let bits = 0;
  let common = 0;
  for (const name in is) {
    const old = was[name];
    if (old === is[name]) {
      // The very text of before, which is where texts stay that last: those of a message are gone with it.
      is[name] = old;
      common += 1;
      continue;
    }
    const had = Object.hasOwn(was, name);
    if (had) {
      common += 1;
      is[name] = shared(old, is[name]);
    }
    if (!had || is[name] !== old) bits |= attributes.get(name) ?? OTHERS;
  }
  if (common < Object.keys(was).length) for (const name in was) if (!Object.hasOwn(is, name)) bits |= attributes.get(name) ?? OTHERS;
  return bits;
}
