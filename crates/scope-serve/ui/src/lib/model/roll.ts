// Who was in a graph when it was last looked at, so that what is counted needs to look at those alone that came, went or changed. Counts nothing itself.
import type { GraphNode } from './graph';

/** Told of a node that left, of one that came, or of both where one took the other's place. */
export type Told = (left: GraphNode | undefined, came: GraphNode | undefined) => void;

export class Roll {
  // By number. A changed node is another object, and so is one whose number meant something else before.
  #seen: (GraphNode | undefined)[] = [];
  #size = 0;

  /** Compares with what is there now. */
  call(nodes: ReadonlyMap<number, GraphNode>, tell: Told) {
    const seen = this.#seen;
    for (const node of nodes.values()) {
      const before = seen[node.n];
      if (before === node) continue;
      if (!before) this.#size += 1;
      seen[node.n] = node;
      tell(before, node);
    }
    if (this.#size === nodes.size) return;
    seen.forEach((node, n) => {
      if (!node || nodes.has(n)) return;
      seen[n] = undefined;
      tell(node, undefined);
    });
    this.#size = nodes.size;
  }
}
