// What is to be seen of a card's rows beside their names, as plain data: it can be sent to where it is drawn. Draws nothing.
import type { Columns } from './columns';
import { figure } from './figures';
import { recent } from './history';
import { SMOOTH, share, type Container } from './host';
import { SHOWN } from './sparks';

export interface Picture {
  /** Their height, and how many there are. */
  row: number;
  rows: number;
  columns: Pick<Columns, 'figures' | 'sparks' | 'canvas'>;
  /** Row by row, in each as many as there are columns of figures; none where figures are text of the document. */
  figures: string[];
  /** Row by row, in each as many lines of `SHOWN` values as there are sparklines. */
  lines: Float32Array;
  /** What is used of the limit of each line, as a share; NaN where there is none. */
  limits: Float32Array;
}

const values = new Float64Array(SHOWN);

export function pictureOf(
  rows: readonly Container[],
  look: { row: number; columns: Columns; batch: number; smooth: boolean; plain: boolean },
): Picture {
  const { figures, sparks, canvas } = look.columns;
  const count = rows.length * sparks.length;
  const [lines, limits] = [new Float32Array(count * SHOWN), new Float32Array(count)];
  let at = 0;
  for (const row of rows) {
    for (const { of } of sparks) {
      lines.set(recent(of === 'cpu' ? row.cpuHistory : row.memoryHistory, look.batch, values, look.smooth ? SMOOTH : 1), at * SHOWN);
      limits[at] = of === 'cpu' ? share(row.cpu, row.cpuLimit) : share(row.memory, row.memoryLimit);
      at += 1;
    }
  }
  return {
    row: look.row,
    rows: rows.length,
    columns: { figures, sparks, canvas },
    figures: look.plain ? [] : rows.flatMap((row) => figures.map(({ of }) => figure(row, of, look.smooth))),
    lines,
    limits,
  };
}
