// What a figure is a share of, in words: for the hint at a gauge.
import { format } from '#lib/model/format';
import type { GraphNode } from '#lib/model/graph';
import { m } from '#lib/paraglide/messages';
import { coresOf } from '../shell/words';

/** `512 MiB of 1.0 GiB`. */
export function limitOf(
  node: Pick<GraphNode, 'facts'>,
  figure: (metric: string) => number | undefined,
  metric: string,
): string | undefined {
  const value = figure(metric);
  if (value === undefined) return undefined;
  if (metric === 'mem_bytes') {
    const limit = figure('mem_limit_bytes') ?? figure('mem_total_bytes');
    return limit === undefined
      ? undefined
      : m.table_of_limit({ value: format.figure(value, 'bytes'), limit: format.figure(limit, 'bytes') });
  }
  if (metric === 'cpu_pct') {
    const cores = node.facts.attrs?.['cores'];
    const limit = figure('cpu_limit_pct') ?? (typeof cores === 'number' ? cores * 100 : undefined);
    return limit === undefined
      ? undefined
      : m.table_of_limit({ value: format.figure(value, 'percent'), limit: coresOf(limit, m.table_cores) });
  }
  return undefined;
}
