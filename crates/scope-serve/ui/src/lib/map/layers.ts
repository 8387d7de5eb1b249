// Clients above servers: boxes in rows, so that connections lead down, with few crossings. A pure function of boxes and links; long rows are broken.

export interface LayerItem {
  w: number;
  h: number;
}

const GAP_X = 22;
const GAP_Y = 64;
/** Between the parts of one row that was broken. */
const GAP_PART = 18;

/** Yields x and y of the left upper corner of each item, two numbers for each. Equal input gives equal places. */
export function layered(items: readonly LayerItem[], links: readonly (readonly [from: number, to: number])[], aspect = 1.7): Float32Array {
  const count = items.length;
  const places = new Float32Array(count * 2);
  const out: number[][] = Array.from({ length: count }, () => []);
  const into: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of acyclic(count, links)) {
    out[from]!.push(to);
    into[to]!.push(from);
  }
  const rank = ranks(count, out, into);
  const linked = [...items.keys()].filter((item) => out[item]!.length || into[item]!.length);
  const alone = [...items.keys()].filter((item) => !out[item]!.length && !into[item]!.length);
  const byRank: number[][] = [];
  for (const item of linked) (byRank[rank[item]!] ??= []).push(item);
  const layers = byRank.filter((layer) => layer !== undefined);
  order(layers, out, into);

  const area = items.reduce((sum, item) => sum + (item.w + GAP_X) * (item.h + GAP_Y), 0);
  const widest = items.reduce((most, item) => Math.max(most, item.w), 0);
  const limit = Math.max(widest, Math.sqrt(area * aspect));
  const rows: { items: number[]; part: boolean }[] = [];
  for (const layer of layers) rows.push(...broken(layer, items, limit));
  if (alone.length) rows.push(...broken(alone, items, limit).map((row, at) => ({ ...row, part: at > 0 })));

  const x = new Float64Array(count);
  for (const row of rows) centred(row.items, items, x);
  for (let sweep = 0; sweep < 6; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const wishes = row.items.map((item) => {
        const beside = down ? into[item]! : out[item]!;
        const all = beside.length ? beside : down ? out[item]! : into[item]!;
        const own = x[item]! + items[item]!.w / 2;
        return all.length ? all.reduce((sum, other) => sum + x[other]! + items[other]!.w / 2, 0) / all.length : own;
      });
      apart(row.items, wishes, items, x);
    }
  }
  let y = 0;
  rows.forEach((row, at) => {
    if (at) y += row.part ? GAP_PART : GAP_Y;
    const height = row.items.reduce((most, item) => Math.max(most, items[item]!.h), 0);
    for (const item of row.items) {
      places[item * 2] = x[item]!;
      places[item * 2 + 1] = y + (height - items[item]!.h) / 2;
    }
    y += height;
  });
  return places;
}

/** The links without those that close a circle, each pair once. */
function acyclic(count: number, links: readonly (readonly [number, number])[]): [number, number][] {
  const next: Set<number>[] = Array.from({ length: count }, () => new Set());
  const incoming = new Uint32Array(count);
  for (const [from, to] of links) {
    if (from === to || next[from]!.has(to)) continue;
    next[from]!.add(to);
    incoming[to]! += 1;
  }
  const kept: [number, number][] = [];
  // 0 has not been met, 1 is on the way, 2 is done.
  const state = new Uint8Array(count);
  // From those that nobody calls first: what leads back to them is what closes circles.
  const starts = [...Array(count).keys()].sort((a, b) => incoming[a]! - next[a]!.size - (incoming[b]! - next[b]!.size) || a - b);
  for (const start of starts) {
    if (state[start]) continue;
    state[start] = 1;
    const way: { item: number; rest: Iterator<number> }[] = [{ item: start, rest: next[start]!.values() }];
    while (way.length) {
      const here = way[way.length - 1]!;
      const step = here.rest.next();
      if (step.done) {
        state[here.item] = 2;
        way.pop();
        continue;
      }
      const to = step.value;
      if (state[to] === 1) continue;
      kept.push([here.item, to]);
      if (state[to] === 0) {
        state[to] = 1;
        way.push({ item: to, rest: next[to]!.values() });
      }
    }
  }
  return kept;
}

/** The longest way from a client that nobody calls. */
function ranks(count: number, out: number[][], into: number[][]): Uint32Array {
  const rank = new Uint32Array(count);
  const waiting = Uint32Array.from(into, (list) => list.length);
  const ready = [...Array(count).keys()].filter((item) => !waiting[item]);
  for (let item = ready.pop(); item !== undefined; item = ready.pop()) {
    for (const to of out[item]!) {
      rank[to] = Math.max(rank[to]!, rank[item]! + 1);
      waiting[to]! -= 1;
      if (!waiting[to]) ready.push(to);
    }
  }
  // A client stands right above its highest server, not at the top of the map.
  for (let item = 0; item < count; item++) {
    if (into[item]!.length || !out[item]!.length) continue;
    rank[item] = Math.max(0, Math.min(...out[item]!.map((to) => rank[to]!)) - 1);
  }
  return rank;
}

/** Sorts each layer by the middle of what its items are linked with. */
function order(layers: number[][], out: number[][], into: number[][]) {
  const place = new Map<number, number>();
  const note = (layer: number[]) => layer.forEach((item, at) => place.set(item, (at + 0.5) / layer.length));
  layers.forEach(note);
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const wish = new Map<number, number>();
      for (const item of layer) {
        const beside = down ? into[item]! : out[item]!;
        const sum = beside.reduce((total, other) => total + (place.get(other) ?? 0.5), 0);
        wish.set(item, beside.length ? sum / beside.length : place.get(item)!);
      }
      layer.sort((a, b) => wish.get(a)! - wish.get(b)! || a - b);
      note(layer);
    }
  }
}

function broken(layer: number[], items: readonly LayerItem[], limit: number): { items: number[]; part: boolean }[] {
  const total = layer.reduce((sum, item) => sum + items[item]!.w + GAP_X, -GAP_X);
  const parts = Math.max(1, Math.ceil(total / limit));
  const share = total / parts;
  const rows: { items: number[]; part: boolean }[] = [];
  let row: number[] = [];
  let width = 0;
  for (const item of layer) {
    if (row.length && width + items[item]!.w / 2 > share && rows.length + 1 < parts) {
      rows.push({ items: row, part: rows.length > 0 });
      row = [];
      width = 0;
    }
    row.push(item);
    width += items[item]!.w + GAP_X;
  }
  if (row.length) rows.push({ items: row, part: rows.length > 0 });
  return rows;
}

function centred(row: number[], items: readonly LayerItem[], x: Float64Array) {
  const total = row.reduce((sum, item) => sum + items[item]!.w + GAP_X, -GAP_X);
  let at = -total / 2;
  for (const item of row) {
    x[item] = at;
    at += items[item]!.w + GAP_X;
  }
}

/** Puts a row's items as near to their wishes as their order and widths allow: least squares, by pooling neighbours that collide. */
function apart(row: number[], wishes: number[], items: readonly LayerItem[], x: Float64Array) {
  let offset = 0;
  const pools: { sum: number; count: number }[] = [];
  const offsets = row.map((item, at) => {
    const width = items[item]!.w;
    const own = offset;
    offset += width + GAP_X;
    pools.push({ sum: wishes[at]! - width / 2 - own, count: 1 });
    while (pools.length > 1 && mean(pools[pools.length - 2]!) > mean(pools[pools.length - 1]!)) {
      const last = pools.pop()!;
      pools[pools.length - 1]!.sum += last.sum;
      pools[pools.length - 1]!.count += last.count;
    }
    return own;
  });
  let at = 0;
  for (const pool of pools) {
    for (let i = 0; i < pool.count; i++, at++) x[row[at]!] = mean(pool) + offsets[at]!;
  }
}

const mean = (pool: { sum: number; count: number }) => pool.sum / pool.count;
