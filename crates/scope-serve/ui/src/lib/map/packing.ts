// Places for clusters that the server has none for: a grid of members in each, clusters that talk to each other near each other. What has a place keeps
// it: an arrival takes a free one of its cluster.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationNodeDatum } from 'd3-force';
import { PADDING, TITLE } from './clusters';
import type { Counts } from './places';
import type { Scene } from './scene';

const GAP = 14;
const BETWEEN = 44;
const CELL_MOST = 240;
/** More blocks than this are put in rows by their names alone. */
const FORCED = 400;

interface Block {
  x: number;
  y: number;
  width: number;
  height: number;
  columns: number;
  cellW: number;
  cellH: number;
  /** The node in each place, -1 where it is free. */
  slots: Int32Array;
}

interface Wish extends SimulationNodeDatum {
  r: number;
}

export class Packing {
  #blocks = new Map<string, Block>();
  #blockOf = new Map<number, string>();

  forget() {
    this.#blocks.clear();
    this.#blockOf.clear();
  }

  /** Writes where each node belongs. `keyOf` names a node's cluster, and `roomOf` says how wide that is at least; nodes without one stand alone. */
  place(scene: Scene, counts: Counts, keyOf: (n: number) => string | undefined, roomOf: (key: string) => number, aspect: number) {
    const members = new Map<string, number[]>();
    let count = 0;
    for (let n = 0; n < scene.nodes; n++) {
      if (!counts(n)) continue;
      count += 1;
      const key = keyOf(n) ?? `\u0000${scene.names[n]}\u0000${n}`;
      const list = members.get(key);
      if (list) list.push(n);
      else members.set(key, [n]);
    }
    let known = 0;
    for (const [key, list] of members) if (this.#blocks.has(key)) known += list.length;
    if (known < count / 4) this.#fresh(scene, members, roomOf, aspect);
    else this.#next(scene, members, roomOf);
    for (const [key, list] of members) this.#write(scene, key, list);
  }

  #fresh(scene: Scene, members: Map<string, number[]>, roomOf: (key: string) => number, aspect: number) {
    this.forget();
    const keys = [...members.keys()].sort();
    const blocks = keys.map((key) => {
      const list = members.get(key)!;
      list.sort((a, b) => (scene.names[a]! < scene.names[b]! ? -1 : scene.names[a]! > scene.names[b]! ? 1 : a - b));
      const block = blockFor(scene, list, isFramed(key) ? roomOf(key) : undefined);
      list.forEach((n, at) => {
        block.slots[at] = n;
        this.#blockOf.set(n, key);
      });
      this.#blocks.set(key, block);
      return block;
    });
    const number = new Map(keys.map((key, at) => [key, at]));
    const links = new Map<number, number>();
    for (let e = 0; e < scene.edges; e++) {
      if (!scene.edgeAlive[e]) continue;
      const a = number.get(this.#blockOf.get(scene.from[e]!) ?? '');
      const b = number.get(this.#blockOf.get(scene.to[e]!) ?? '');
      if (a === undefined || b === undefined || a === b) continue;
      const pair = Math.min(a, b) * blocks.length + Math.max(a, b);
      links.set(pair, (links.get(pair) ?? 0) + 1);
    }
    inRows(blocks, blocks.length > FORCED ? undefined : wishes(blocks, links, aspect), aspect);
  }

  #next(scene: Scene, members: Map<string, number[]>, roomOf: (key: string) => number) {
    // Places of what is gone, or has gone elsewhere, are free.
    for (const [key, block] of this.#blocks) {
      const here = new Set(members.get(key));
      block.slots.forEach((n, at) => {
        if (n < 0 || here.has(n)) return;
        block.slots[at] = -1;
        if (this.#blockOf.get(n) === key) this.#blockOf.delete(n);
      });
      if (!members.has(key)) this.#blocks.delete(key);
    }
    for (const [key, list] of members) {
      const arrived = list.filter((n) => this.#blockOf.get(n) !== key);
      if (!arrived.length) continue;
      let block = this.#blocks.get(key);
      const free = block ? block.slots.reduce((sum, n) => sum + (n < 0 ? 1 : 0), 0) : 0;
      if (!block || free < arrived.length) {
        // A full cluster alone moves, to below all others; its members keep their order.
        const kept = block ? [...block.slots].filter((n) => n >= 0) : [];
        this.#blocks.delete(key);
        block = blockFor(scene, [...kept, ...arrived], isFramed(key) ? roomOf(key) : undefined);
        const floor = [...this.#blocks.values()].reduce((low, other) => Math.max(low, other.y + other.height), 0);
        block.y = floor + BETWEEN;
        kept.forEach((n, at) => (block!.slots[at] = n));
        this.#blocks.set(key, block);
      }
      for (const n of arrived) {
        block.slots[block.slots.indexOf(-1)] = n;
        this.#blockOf.set(n, key);
      }
    }
  }

  #write(scene: Scene, key: string, list: number[]) {
    const block = this.#blocks.get(key)!;
    const framed = isFramed(key);
    const at = new Map<number, number>();
    block.slots.forEach((n, slot) => {
      if (n >= 0) at.set(n, slot);
    });
    for (const n of list) {
      const slot = at.get(n) ?? 0;
      scene.hx[n] = block.x + (framed ? PADDING : 0) + (slot % block.columns) * (block.cellW + GAP);
      scene.hy[n] = block.y + (framed ? PADDING + TITLE : 0) + Math.floor(slot / block.columns) * (block.cellH + GAP);
    }
  }
}

const isFramed = (key: string) => !key.startsWith('\u0000');

/** `room`: how wide it is at least within its frame; nothing where it has none. */
function blockFor(scene: Scene, list: number[], room: number | undefined): Block {
  const framed = room !== undefined;
  let cellW = 60;
  let cellH = 24;
  for (const n of list) {
    cellW = Math.max(cellW, Math.min(CELL_MOST, scene.w[n]!));
    cellH = Math.max(cellH, scene.h[n]!);
  }
  const columns = Math.max(1, Math.round(Math.sqrt((list.length * 1.6 * (cellH + GAP)) / (cellW + GAP))));
  // Some room for what arrives.
  const rows = Math.ceil((list.length + (framed && list.length > 3 ? Math.ceil(list.length / 12) : 0)) / columns);
  const border = framed ? 2 * PADDING : 0;
  return {
    x: 0,
    y: 0,
    columns,
    cellW,
    cellH,
    width: Math.max(columns * (cellW + GAP) - GAP, room ?? 0) + border,
    height: rows * (cellH + GAP) - GAP + border + (framed ? TITLE : 0),
    slots: new Int32Array(columns * rows).fill(-1),
  };
}

/** Where blocks would like to be: what is linked together, by force. */
function wishes(blocks: Block[], links: Map<number, number>, aspect: number): Wish[] {
  const nodes: Wish[] = blocks.map((block) => ({ r: Math.sqrt(block.width * block.height) / 2 + BETWEEN }));
  const force = [...links].map(([pair, weight]) => ({
    source: Math.floor(pair / blocks.length),
    target: pair % blocks.length,
    weight,
  }));
  forceSimulation(nodes)
    .force('charge', forceManyBody().strength(-300))
    .force(
      'link',
      forceLink(force)
        .distance((link) => ((link.source as unknown as Wish).r + (link.target as unknown as Wish).r) * 1.1)
        .strength(0.2),
    )
    .force(
      'collide',
      forceCollide<Wish>((node) => node.r),
    )
    .force('x', forceX(0).strength(0.03 / aspect))
    .force('y', forceY(0).strength(0.03 * aspect))
    .stop()
    .tick(blocks.length > 150 ? 80 : 160);
  return nodes;
}

function inRows(blocks: Block[], wish: Wish[] | undefined, aspect: number) {
  const area = blocks.reduce((sum, block) => sum + (block.width + BETWEEN) * (block.height + BETWEEN), 0);
  const widest = blocks.reduce((most, block) => Math.max(most, block.width), 0);
  const limit = Math.max(widest, Math.sqrt(area * aspect) * 1.05);
  const order = [...blocks.keys()].sort((a, b) => (wish ? (wish[a]!.y ?? 0) - (wish[b]!.y ?? 0) : 0) || a - b);
  let y = 0;
  for (let at = 0; at < order.length;) {
    const row: number[] = [];
    let width = -BETWEEN;
    while (at < order.length && (!row.length || width + BETWEEN + blocks[order[at]!]!.width <= limit)) {
      width += BETWEEN + blocks[order[at]!]!.width;
      row.push(order[at++]!);
    }
    if (wish) row.sort((a, b) => (wish[a]!.x ?? 0) - (wish[b]!.x ?? 0) || a - b);
    let x = (limit - width) / 2;
    let height = 0;
    for (const one of row) {
      const block = blocks[one]!;
      block.x = x;
      block.y = y;
      x += block.width + BETWEEN;
      height = Math.max(height, block.height);
    }
    y += height + BETWEEN;
  }
}
