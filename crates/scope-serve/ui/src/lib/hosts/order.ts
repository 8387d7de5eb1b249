// The order of containers: by what was chosen, held where figures only flutter. A rank follows its figure when that has left a band around it, and rows
// are sorted by rank: whole again at any time, unlike swaps of neighbours.

export type SortBy = 'cpu' | 'memory' | 'name' | 'uptime' | 'network';
export const SORTS: readonly SortBy[] = ['cpu', 'memory', 'name', 'uptime', 'network'];

/** The share by which a figure must leave its rank, and what is next to nothing in its unit. */
const BAND = 0.1;
const LITTLE: Record<SortBy, number> = { cpu: 1, memory: 1 << 20, name: 0, uptime: 0, network: 2048 };

export function nextRank(rank: number, value: number, by: SortBy): number {
  if (Number.isNaN(value)) return -1;
  if (by === 'uptime' || by === 'name' || rank < 0 || Number.isNaN(rank)) return value;
  return Math.abs(value - rank) > Math.max(LITTLE[by], rank * BAND) ? value : rank;
}

export interface Ranked {
  id: string;
  name: string;
  rank: number;
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Largest first; the same rank by name, then id, so that equals stay where they are. `uptime` shows what was started last first. */
export function compare(by: SortBy): (a: Ranked, b: Ranked) => number {
  const named = (a: Ranked, b: Ranked) => names.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
  if (by === 'name') return named;
  const sign = by === 'uptime' ? 1 : -1;
  return (a, b) => {
    // What is not known comes last, whichever way it goes.
    if (a.rank < 0 !== b.rank < 0) return a.rank < 0 ? 1 : -1;
    return sign * (a.rank - b.rank) || named(a, b);
  };
}
