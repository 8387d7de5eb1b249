// Who was in a graph when it was last looked at, so that what is counted needs to look at those alone that came, went or changed. Counts nothing itself.
import { ALL } from './difference';
import type { Graph, GraphNode } from './graph';

/** Beside what is another: it was said, and may say what it said. */
const TOUCHED = ALL + 1;

/** Told of a node that left, of one that came, or of both where one took the other's place; `difference` are the bits of what is another. */
export type Told = (left: GraphNode | undefined, came: GraphNode | undefined, difference: number) => void;

export class Roll {
  // By number. A changed node is another object, and so is one whose number meant something else before.
  #seen: (GraphNode | undefined)[] = [];
  #size = 0;
  #touches = -1;
  /** By number, while it is looked. */
  #differences: number[] = [];

  /** @param what the bits of what of nodes matters: who changed in nothing of it is not told of. */
  constructor(readonly what: number) {}

  /** Compares with what is there now. */
  call(graph: Graph, tell: Told) {
    const { nodes } = graph;
    const touched = graph.touchedSince(this.#touches);
    this.#touches = graph.touches;
    if (!touched) {
      this.#callAll(nodes, tell);
      return;
    }
    // Who changed more than once is told of once, with all that is another.
    const differences = this.#differences;
    for (let at = 0; at < touched.length; at += 2)
      differences[touched[at]!] = (differences[touched[at]!] ?? 0) | touched[at + 1]! | TOUCHED;
    for (let at = 0; at < touched.length; at += 2) {
      const n = touched[at]!;
      const difference = differences[n]!;
      if (difference === 0) continue;
      differences[n] = 0;
      const now = nodes.get(n);
      if (difference & this.what) this.#look(n, now, difference & ALL, tell);
      // It is another object all the same, and that of before is not kept for nothing.
      else this.#seen[n] = now;
    }
  }

  #callAll(nodes: ReadonlyMap<number, GraphNode>, tell: Told) {
    for (const node of nodes.values()) this.#look(node.n, node, ALL, tell);
    if (this.#size === nodes.size) return;
    this.#seen.forEach((node, n) => node && !nodes.has(n) && this.#look(n, undefined, ALL, tell));
  }

  #look(n: number, now: GraphNode | undefined, difference: number, tell: Told) {
    const before = this.#seen[n];
    if (before === now) return;
    this.#size += (now ? 1 : 0) - (before ? 1 : 0);
    this.#seen[n] = now;
    tell(before, now, difference);
  }
}
