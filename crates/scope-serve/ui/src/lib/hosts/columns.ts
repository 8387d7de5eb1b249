// The columns of a card's rows, by its width: one place for the grid of the cells and for the canvas that figures and sparklines are drawn on.
import type { SortBy } from './order';

export type Column = 'cpu' | 'memory' | 'share' | 'uptime' | 'network';

interface Cell {
  of: Column;
  /** Of its figure, and of the sparkline right of it; 0 where it has none. */
  figure: number;
  spark: number;
}

export interface Columns {
  cells: readonly Cell[];
  /** Of `grid-template-columns`: the name, then the cells. */
  template: string;
  /** Where figures end and sparklines begin, from the left edge of the canvas. */
  figures: readonly { of: Column; right: number }[];
  sparks: readonly { of: 'cpu' | 'memory'; left: number; width: number }[];
  /** The canvas: no wider than need be, as each of its pixels is copied each second. */
  canvas: { right: number; width: number };
}

export const GAP = 8;
/** Left and right of a row. */
export const EDGE = 12;

export function columns(width: number, sort: SortBy): Columns {
  const last: Cell = sort === 'network' ? { of: 'network', figure: 78, spark: 0 } : { of: 'uptime', figure: 44, spark: 0 };
  const cpu = (spark: number): Cell => ({ of: 'cpu', figure: 52, spark });
  const memory = (spark: number): Cell => ({ of: 'memory', figure: 70, spark });
  let cells: Cell[];
  if (width >= 600) cells = [cpu(100), memory(76), { of: 'share', figure: 42, spark: 0 }, { ...last, figure: Math.max(64, last.figure) }];
  else if (width >= 400) cells = [cpu(60), memory(44), last];
  // On a phone there is room for two: what the order goes by, and CPU.
  else cells = [cpu(40), sort === 'network' || sort === 'uptime' ? last : memory(0)];
  const figures: { of: Column; right: number }[] = [];
  const sparks: { of: 'cpu' | 'memory'; left: number; width: number }[] = [];
  const sizes: number[] = [];
  let left = 0;
  for (const { of, figure, spark } of cells) {
    const right = left + figure;
    figures.push({ of, right });
    if (spark > 0 && (of === 'cpu' || of === 'memory')) sparks.push({ of, left: right + GAP, width: spark });
    sizes.push(figure + (spark > 0 ? spark + GAP : 0));
    left += (sizes.at(-1) ?? 0) + GAP;
  }
  const template = `minmax(0,1fr) ${sizes.map((size) => `${size}px`).join(' ')}`;
  return { cells, template, figures, sparks, canvas: { right: EDGE, width: left - GAP } };
}
