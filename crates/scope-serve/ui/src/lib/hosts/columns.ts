// The columns of a card's rows, by its width: one place for the grid of the cells and for the canvas that rows are drawn on.
import { samples, type Column } from './figures';
import type { SortBy } from './order';

interface Cell {
  of: Column;
  /** Of its figure, and of the sparkline right of it; 0 where it has none. */
  figure: number;
  spark: number;
}

/** What room the longest figures of each column need. */
export type Widths = Readonly<Record<Column, number>>;

export interface Columns {
  cells: readonly Cell[];
  /** Of `grid-template-columns`: the name, then the cells. */
  template: string;
  /** Of the canvas. Its left edge is where names begin. */
  width: number;
  /** What names have of it; a sign stands within. */
  name: number;
  /** Where figures end and sparklines begin, from the left edge of the canvas. */
  figures: readonly { of: Column; right: number }[];
  sparks: readonly { of: 'cpu' | 'memory'; left: number; width: number }[];
}

export const GAP = 8;
/** Fonts are not drawn to the pixel as they were measured, and what does not fit is cut. */
const SLACK = 2;
/** Left and right of a row. */
export const EDGE = 12;

/** Widths for the words of a language, as a font draws them. */
export function widths(measure: (text: string) => number): Widths {
  const entries = Object.entries(samples()).map(([of, texts]) => [of, Math.ceil(Math.max(...texts.map(measure))) + SLACK]);
  return Object.fromEntries(entries) as Record<Column, number>;
}

export function columns(width: number, sort: SortBy, least: Widths): Columns {
  const cell = (of: Column, spark = 0): Cell => ({ of, figure: least[of], spark });
  const last = cell(sort === 'network' ? 'network' : 'uptime');
  let cells: Cell[];
  if (width >= 600) cells = [cell('cpu', 100), cell('memory', 76), cell('share'), { ...last, figure: Math.max(64, last.figure) }];
  else if (width >= 400) cells = [cell('cpu', 60), cell('memory', 44), last];
  // On a phone there is room for two: what the order goes by, and CPU.
  else cells = [cell('cpu', 40), sort === 'network' || sort === 'uptime' ? last : cell('memory')];
  const sizes = cells.map(({ figure, spark }) => figure + (spark > 0 ? spark + GAP : 0));
  const content = Math.max(0, width - 2 * EDGE);
  const name = Math.max(0, content - sizes.reduce((sum, size) => sum + size + GAP, 0));
  const figures: { of: Column; right: number }[] = [];
  const sparks: { of: 'cpu' | 'memory'; left: number; width: number }[] = [];
  let left = name + GAP;
  for (const [at, { of, figure, spark }] of cells.entries()) {
    const right = left + figure;
    figures.push({ of, right });
    if (spark > 0 && (of === 'cpu' || of === 'memory')) sparks.push({ of, left: right + GAP, width: spark });
    left += (sizes[at] ?? 0) + GAP;
  }
  const template = `minmax(0,1fr) ${sizes.map((size) => `${size}px`).join(' ')}`;
  return { cells, template, width: content, name, figures, sparks };
}
