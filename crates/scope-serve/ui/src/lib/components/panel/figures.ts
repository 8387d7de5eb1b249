// Which charts a panel shows, from the figures that a node has: pairs that belong together in one, limits with what they limit. The rest are plain figures.
import type { FieldInfo } from '#lib/api/client';

export interface Charted {
  /** One figure, or two that belong together: in and out. */
  metrics: string[];
  key: 'cpu' | 'memory' | 'network' | 'disk' | 'other';
  limit?: number | undefined;
}

type Metrics = Readonly<Record<string, number>>;

const LIMITS = new Set(['mem_limit_bytes', 'mem_total_bytes', 'cpu_limit_pct']);

/** The charts, in the order in which they stand. `cores` is how many a host has. */
export function charted(metrics: Metrics, cores: number | undefined): Charted[] {
  const has = (name: string) => name in metrics;
  const charts: Charted[] = [];
  if (has('cpu_pct'))
    charts.push({ key: 'cpu', metrics: ['cpu_pct'], limit: metrics['cpu_limit_pct'] ?? (cores === undefined ? undefined : cores * 100) });
  if (has('mem_bytes'))
    charts.push({ key: 'memory', metrics: ['mem_bytes'], limit: metrics['mem_limit_bytes'] ?? metrics['mem_total_bytes'] });
  const pair = (key: 'network' | 'disk', names: string[]) => {
    const present = names.filter(has);
    if (present.length) charts.push({ key, metrics: present });
  };
  pair('network', ['rx_bytes_per_sec', 'tx_bytes_per_sec']);
  pair('disk', ['disk_read_bytes_per_sec', 'disk_write_bytes_per_sec']);
  return charts;
}

export interface Figure {
  name: string;
  label: string;
  about: string;
  unit: string;
  value: number;
}

/** So few take no more room than the line that would stand for them. */
const WORTH_FOLDING = 2;

/** Apart from the others, those that are zero and were nothing else as far as is known: `series` is what is known of a figure. */
export function parted(
  figures: readonly Figure[],
  series: (name: string) => readonly { value: number }[],
): { told: Figure[]; zero: Figure[] } {
  const isZero = ({ name, value }: Figure) => value === 0 && series(name).every((sample) => sample.value === 0);
  const zero = figures.filter(isZero);
  return zero.length < WORTH_FOLDING ? { told: [...figures], zero: [] } : { told: figures.filter((one) => !isZero(one)), zero };
}

/** What is in no chart, in the order of the registry; sums over all time are left out, as rates say more. */
export function plainFigures(metrics: Metrics, charts: readonly Charted[], registry: ReadonlyMap<string, FieldInfo>): Figure[] {
  const drawn = new Set(charts.flatMap((chart) => chart.metrics));
  return Object.entries(metrics)
    .filter(([name]) => !drawn.has(name) && !LIMITS.has(name) && !(name.endsWith('_total') && name !== 'oom_kills_total'))
    .map(([name, value]) => ({ field: registry.get(name), name, value }))
    .sort((a, b) => (a.field?.priority ?? 1e6) - (b.field?.priority ?? 1e6) || (a.name < b.name ? -1 : 1))
    .map(({ field, name, value }) => ({
      name,
      value,
      label: field?.label ?? name.replaceAll('_', ' '),
      about: field?.description ?? '',
      unit: field?.unit ?? 'number',
    }));
}
