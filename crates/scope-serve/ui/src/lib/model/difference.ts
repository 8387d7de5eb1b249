// What of a node is another than it was, as bits of one number: who keeps what follows from a part of it looks at those alone of which that part is another.
// Plain data, as it comes from JSON.
import type { Attribute, NodeFacts, NodeSaid } from '../live/messages';

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

/** The facts that follow from those of before and what was said of them since, and the bits of that. What was before stays as it was: others may still hold it. */
export function take(before: NodeFacts, said: NodeSaid): [facts: NodeFacts, bits: number] {
  const { attrs, members, parents, within, agents, addresses } = said;
  if (!attrs && members === undefined && !parents && within === undefined && !agents && !addresses) return [before, 0];
  const facts: NodeFacts = { ...before };
  let bits = 0;
  if (members !== undefined) {
    bits |= MEMBERS;
    if (members === null) delete facts.members;
    else facts.members = members;
  }
  if (parents) {
    bits |= PARENTS;
    facts.parents = parents;
  }
  if (within !== undefined) {
    bits |= PARENTS;
    if (within === null) delete facts.within;
    else facts.within = within;
  }
  if (agents) {
    bits |= AGENTS;
    facts.agents = agents;
  }
  if (addresses) {
    bits |= OTHERS;
    facts.addresses = addresses;
  }
  if (attrs) {
    // Copied and then assigned to: spreading a second object into the copy goes through it name by name, and slowly. Only one name means something when it is assigned to.
    const all: Record<string, Attribute> = { ...before.attrs };
    for (const name in attrs) {
      const value = attrs[name]!;
      bits |= attributes.get(name) ?? OTHERS;
      if (value === null) delete all[name];
      else if (name === '__proto__') Object.defineProperty(all, name, { value, configurable: true, enumerable: true, writable: true });
      else all[name] = value;
    }
    facts.attrs = all;
  }
  return [facts, bits];
}
