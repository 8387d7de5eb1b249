// Who was in a graph when it was last looked at, so that what is counted needs to look at those alone that came, went or changed. Counts nothing itself.
import type { Graph, GraphNode } from './graph';

/** Told of a node that left, of one that came, or of both where one took the other's place. */
export type Told = (left: GraphNode | undefined, came: GraphNode | undefined) => void;

export class Roll {
  // By number. A changed node is another object, and so is one whose number meant something else before.
  #seen: (GraphNode | undefined)[] = [];
  #size = 0;
  #touches = -1;

  /** Compares with what is there now. */
  call(graph: Graph, tell: Told) {
    const touched = graph.touchedSince(this.#touches);
    this.#touches = graph.touches;
    if (touched) for (const n of touched) this.#look(n, graph.nodes.get(n), tell);
    else this.#callAll(graph.nodes, tell);
  }

  #callAll(nodes: ReadonlyMap<number, GraphNode>, tell: Told) {
    for (const node of nodes.values()) this.#look(node.n, node, tell);
    if (this.#size === nodes.size) return;
    this.#seen.forEach((node, n) => node && !nodes.has(n) && this.#look(n, undefined, tell));
  }

  #look(n: number, now: GraphNode | undefined, tell: Told) {
    const before = this.#seen[n];
    if (before === now) return;
    this.#size += (now ? 1 : 0) - (before ? 1 : 0);
    this.#seen[n] = now;
    tell(before, now);
  }
}
