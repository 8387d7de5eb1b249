// Containers with their figures as text to take along: lines with tabs, which spreadsheets and tickets take for a table.
import { figure, type Column } from './figures';
import type { Container } from './host';

const COLUMNS: readonly Column[] = ['cpu', 'memory', 'share', 'uptime', 'network'];

/** Names are as they are drawn: no tab or line break is in them. */
export function taken(rows: readonly Container[], smooth: boolean, words: { name: string } & Record<Column, string>): string {
  const lines = rows.map((row) => [row.shown, ...COLUMNS.map((of) => figure(row, of, smooth))]);
  return [[words.name, ...COLUMNS.map((of) => words[of])], ...lines].map((cells) => cells.join('\t')).join('\n');
}
