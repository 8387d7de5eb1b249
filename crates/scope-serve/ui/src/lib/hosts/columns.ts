// The columns of a card's rows, by its width: one place for the grid of the text and for the canvas beneath it.
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
  /** Where sparklines begin, from the left edge of their canvas. */
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
  const boxes: { of: 'cpu' | 'memory'; right: number; width: number }[] = [];
  let right = EDGE;
  for (const cell of cells.toReversed()) {
    if (cell.spark > 0 && (cell.of === 'cpu' || cell.of === 'memory'))
      boxes.unshift({ of: cell.of, right: right + cell.spark, width: cell.spark });
    right += cell.figure + (cell.spark > 0 ? cell.spark + GAP : 0) + GAP;
  }
  const start = boxes[0]?.right ?? 0;
  const end = start === 0 ? 0 : (boxes.at(-1)?.right ?? 0) - (boxes.at(-1)?.width ?? 0);
  const sizes = cells.map((cell) => `${cell.figure + (cell.spark > 0 ? cell.spark + GAP : 0)}px`);
  return {
    cells,
    template: `minmax(0,1fr) ${sizes.join(' ')}`,
    sparks: boxes.map(({ of, right, width }) => ({ of, left: start - right, width })),
    canvas: { right: end, width: start - end },
  };
}
