// What a cell shows: worked out at once for a whole row, as hundreds of cells change each second. How it looks on the page is in cell-painter.ts.
import type { Graph } from '#lib/model/graph';
import { format } from '#lib/model/format';
import { nearness, type Near } from '#lib/model/bounds';
import { share as shareOf } from '#lib/model/health';
import type { Column } from './columns';
import { limitOf } from './limits';
import type { Rows } from './rows';

export interface Cell {
  text: string;
  /** A class: words that say that all is well step back, those that do not stand out. */
  tone: string;
  /** Of a figure with a bar: 1 is full; absent where nothing is known to be full. */
  share: number | undefined;
  /** Whether the share is of a limit, and not of the largest around. */
  limited: boolean;
  /** How near its limit it is. */
  near: Near;
}

export type Look = Pick<Column, 'key' | 'unit' | 'show'>;

/** Of what is not there. */
export const NOTHING: Cell = { text: '', tone: '', share: undefined, limited: false, near: '' };

const LONGEST = 300;
const TONES: Readonly<Record<string, string>> = {
  running: 'text-muted',
  healthy: 'text-muted',
  sleeping: 'text-muted',
  unhealthy: 'text-critical',
  restarting: 'text-critical',
  dead: 'text-critical',
  zombie: 'text-warning',
  paused: 'text-warning',
};

/** The cells of one row. `largest` has the largest value of each column with bars. */
export function cellsOf(
  rows: Rows,
  graph: Graph,
  n: number,
  columns: readonly Look[],
  largest: Readonly<Record<string, number>>,
  now: number,
): Cell[] {
  const figure = (metric: string) => graph.figure(n, metric);
  const node = graph.nodes.get(n);
  return columns.map((column): Cell => {
    const value = rows.value(n, column.key);
    const text = value === undefined ? '' : format.value(value, column, now).slice(0, LONGEST);
    const cell: Cell = { text, tone: tone(column, value, text), share: undefined, limited: false, near: '' };
    if (column.show === 'bar' && node && typeof value === 'number') {
      cell.share = shareOf(node, figure, column.key);
      cell.limited = cell.share !== undefined;
      cell.near = nearness(column.key, cell.share);
      const most = largest[column.key] ?? 0;
      if (!cell.limited && most > 0) cell.share = value / most;
    }
    return cell;
  });
}

function tone(column: Look, value: unknown, text: string): string {
  if (column.key === 'failed_total') return typeof value === 'number' && value > 0 ? 'text-critical' : 'text-muted';
  if (column.key === 'state' || column.key === 'health') return TONES[text] ?? '';
  return column.unit === 'time' || value === 0 ? 'text-muted' : '';
}

/** What is told of a cell when somebody looks closer: the whole text, or what a figure is a share of. */
export function hintOf(rows: Rows, graph: Graph, n: number, column: Look, now: number): string {
  const value = rows.value(n, column.key);
  const node = column.show === 'bar' ? graph.nodes.get(n) : undefined;
  const limit = node && typeof value === 'number' ? limitOf(node, (metric) => graph.figure(n, metric), column.key) : undefined;
  return limit ?? (value === undefined ? '' : format.value(value, column, now).slice(0, 2000));
}
