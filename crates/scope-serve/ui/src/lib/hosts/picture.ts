// What is to be seen of a card's rows, as plain data: it can be sent to where it is drawn. Draws nothing.
import type { Columns } from './columns';
import { value } from './figures';
import { recent } from './history';
import { SMOOTH, share, type Container, type Host } from './host';
import { SHOWN } from './sparks';
import { worryOf } from './worry';

export interface Picture {
  /** Their height with what is left free of it above and below a line, and how many there are. */
  row: number;
  pad: number;
  rows: number;
  columns: Pick<Columns, 'figures' | 'sparks' | 'width' | 'name'>;
  /** Row by row; none where names and figures are text of the document. */
  names: string[];
  /** Row by row, whether it has a sign. */
  worries: Uint8Array;
  /** Row by row, in each as many as there are columns of figures. */
  figures: Float64Array;
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
  const { figures, sparks, width, name } = look.columns;
  const count = rows.length * sparks.length;
  const [lines, limits] = [new Float32Array(count * SHOWN), new Float32Array(count)];
  const shown = look.plain ? [] : figures;
  const numbers = new Float64Array(rows.length * shown.length);
  const worries = new Uint8Array(rows.length);
  let [line, number] = [0, 0];
  for (const [at, row] of rows.entries()) {
    for (const { of } of sparks) {
      lines.set(recent(of === 'cpu' ? row.cpuHistory : row.memoryHistory, look.batch, values, look.smooth ? SMOOTH : 1), line * SHOWN);
      limits[line] = of === 'cpu' ? share(row.cpu, row.cpuLimit) : share(row.memory, row.memoryLimit);
      line += 1;
    }
    for (const { of } of shown) numbers[number++] = value(row, of, look.smooth);
    worries[at] = worryOf(row) ? 1 : 0;
  }
  return {
    row: look.row,
    pad: 5,
    rows: rows.length,
    columns: { figures, sparks, width, name },
    names: look.plain ? [] : rows.map((row) => row.shown),
    worries,
    figures: numbers,
    lines,
    limits,
  };
}

/** One line alone: a host's CPU or memory. */
export function pictureOfLine(host: Host, of: 'cpu' | 'memory', look: { width: number; height: number; smooth: boolean }): Picture {
  const lines = new Float32Array(recent(of === 'cpu' ? host.cpuHistory : host.memoryHistory, host.batch, values, look.smooth ? SMOOTH : 1));
  return {
    row: look.height,
    pad: 2,
    rows: 1,
    columns: { figures: [], sparks: [{ of, left: 0, width: look.width }], width: look.width, name: 0 },
    names: [],
    worries: new Uint8Array(1),
    figures: new Float64Array(),
    lines,
    limits: new Float32Array([NaN]),
  };
}
