// The figures of one run, beside their budgets: each is kept in a file as soon as it is known, as each file of benches may have a process of its own.
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Figure {
  part: string;
  what: string;
  /** In the unit of the budget. */
  value: number;
  /** `undefined` where nothing was promised. */
  budget: number | undefined;
  unit: string;
  /** What else is worth knowing: other views of the same run. */
  beside?: string;
}

const file = () => process.env['SCOPE_BENCH_FIGURES'] ?? join(tmpdir(), `scope-ui-bench-${process.ppid}`);

export const begin = () => {
  process.env['SCOPE_BENCH_FIGURES'] = file();
  rmSync(file(), { force: true });
};

export const keep = (figure: Figure) => appendFileSync(file(), `${JSON.stringify(figure)}\n`);

export function kept(): Figure[] {
  if (!existsSync(file())) return [];
  const lines = readFileSync(file(), 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Figure);
}

export const forget = () => rmSync(file(), { force: true });

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** As a table shows it: two digits that matter, or a whole number. */
export const short = (value: number) =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
