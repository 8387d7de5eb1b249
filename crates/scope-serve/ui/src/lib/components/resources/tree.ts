// Who uses what of which host: hosts, what runs on them, and what is in that, as rows with bars of segments. Figures in, rows out; no drawing, no sockets.
import type { Health } from '#lib/model/health';

export interface Used {
  id: string;
  name: string;
  kind: string;
  value: number;
  /** What it may use at most. */
  limit: number | undefined;
  health: Health;
}

export interface HostUse extends Used {
  /** What it has. */
  capacity: number | undefined;
}

export interface Segment {
  /** What it stands for; nothing where it stands for the rest. */
  used: Used | undefined;
  value: number;
}

export interface Row {
  key: string;
  depth: number;
  /** Nothing for what belongs to no host that is known. */
  used: Used | undefined;
  value: number;
  segments: Segment[];
  /** How much a whole bar is. */
  scale: number;
  /** How much there is, where that is known. */
  capacity: number | undefined;
  count: number;
  expanded: boolean | undefined;
}

export interface Fleet {
  hosts: readonly HostUse[];
  /** What runs on each host, by the host's id; '' for what belongs to none. */
  on: ReadonlyMap<string, readonly Used[]>;
  /** What is in something, where that has been asked for. */
  inside: ReadonlyMap<string, readonly Used[]>;
}

/** Keeps an order of ids until it is told to look again: figures move all the time, rows must not. */
export class Steady {
  #ranks = new Map<string, number>();

  /** From now on in the order of what they use. */
  look(fleet: Fleet) {
    this.#ranks.clear();
    this.meet(fleet);
  }

  /** What is new stands at the end, in the order of what it uses when it is first seen. */
  meet(fleet: Fleet) {
    const all = [...fleet.hosts, ...[...fleet.on.values()].flat(), ...[...fleet.inside.values()].flat()];
    const fresh = all.filter((used) => !this.#ranks.has(used.id));
    fresh.sort((a, b) => b.value - a.value || (a.id < b.id ? -1 : 1));
    for (const used of fresh) this.#ranks.set(used.id, this.#ranks.size);
  }

  sorted<U extends Used>(all: readonly U[]): U[] {
    const rank = (id: string) => this.#ranks.get(id) ?? Infinity;
    return [...all].sort((a, b) => rank(a.id) - rank(b.id));
  }
}

export interface Options {
  open: readonly string[];
  /** Bars of hosts are of what each of them has, not of what the largest has. */
  ofCapacity: boolean;
  /** Kinds whose insides can be asked for. */
  opens: ReadonlySet<string>;
}

const sum = (all: readonly { value: number }[]) => all.reduce((sum, one) => sum + one.value, 0);
const most = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0) || 1;

export function rowsOf(fleet: Fleet, steady: Steady, options: Options): Row[] {
  const rows: Row[] = [];
  const hosts = steady.sorted(fleet.hosts);
  const strays = fleet.on.get('') ?? [];
  const widest = most([...hosts.map((host) => Math.max(host.value, host.capacity ?? 0)), sum(strays)]);
  for (const host of hosts) {
    const parts = steady.sorted(fleet.on.get(host.id) ?? []);
    const segments = parts.map((used): Segment => ({ used, value: used.value }));
    const rest = host.value - sum(parts);
    // Figures of a host and of its containers are of different moments: a little left over is nothing.
    if (rest > host.value * 0.02) segments.push({ used: undefined, value: rest });
    const scale = options.ofCapacity && host.capacity ? Math.max(host.capacity, sum(segments)) : widest;
    const expanded = parts.length ? options.open.includes(host.id) : undefined;
    rows.push({
      key: host.id,
      depth: 0,
      used: host,
      value: Math.max(host.value, sum(parts)),
      segments,
      scale,
      capacity: host.capacity,
      count: parts.length,
      expanded,
    });
    if (expanded) addParts(rows, parts, fleet, steady, options);
  }
  if (strays.length) {
    const parts = steady.sorted(strays);
    // Where there are no hosts at all, what there is stands at the top.
    if (hosts.length === 0) addParts(rows, parts, fleet, steady, options, 0);
    else {
      const expanded = options.open.includes('');
      const segments = parts.map((used): Segment => ({ used, value: used.value }));
      rows.push({
        key: '',
        depth: 0,
        used: undefined,
        value: sum(parts),
        segments,
        scale: widest,
        capacity: undefined,
        count: parts.length,
        expanded,
      });
      if (expanded) addParts(rows, parts, fleet, steady, options);
    }
  }
  return rows;
}

function addParts(rows: Row[], parts: readonly Used[], fleet: Fleet, steady: Steady, options: Options, depth = 1) {
  const scale = most(parts.map((part) => part.value));
  for (const part of parts) {
    const inside = steady.sorted(fleet.inside.get(part.id) ?? []);
    const expanded = options.opens.has(part.kind) ? options.open.includes(part.id) : undefined;
    const segments: Segment[] = inside.length ? inside.map((used) => ({ used, value: used.value })) : [{ used: part, value: part.value }];
    if (inside.length) {
      const rest = part.value - sum(inside);
      if (rest > part.value * 0.02) segments.push({ used: undefined, value: rest });
    }
    rows.push({
      key: part.id,
      depth,
      used: part,
      value: part.value,
      segments,
      scale: Math.max(scale, sum(segments)),
      capacity: part.limit,
      count: inside.length,
      expanded,
    });
    if (!expanded) continue;
    const widest = most(inside.map((used) => used.value));
    for (const used of inside) {
      rows.push({
        key: `${part.id} ${used.id}`,
        depth: depth + 1,
        used,
        value: used.value,
        segments: [{ used, value: used.value }],
        scale: widest,
        capacity: used.limit,
        count: 0,
        expanded: undefined,
      });
    }
  }
}
