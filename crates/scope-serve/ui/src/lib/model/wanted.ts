// Which figures of nodes a view asks for: those that nodes are judged by, those that are shown without being asked for, and those that somebody chose. All others
// stay with the server until somebody does. Names only; who asks is state/live-view.
import { JUDGED_FIGURES } from './standing';

/** What the server takes in one question (docs/subscriptions.md). */
const MOST = 64;
const NAME = /^[\w.:-]{1,100}$/;
/**
 * The figures of nodes that the field registry does not hide. Not read from there: a view does not wait for it. That both say the same is tested
 * (`tests/it/page_figures.rs`).
 */
const USUAL = [
  'cpu_pct',
  'mem_bytes',
  'mem_pct',
  'rx_bytes_per_sec',
  'tx_bytes_per_sec',
  'disk_read_bytes_per_sec',
  'disk_write_bytes_per_sec',
  'disk_pct',
  'load1',
  'pids',
  'threads',
  'open_files',
  'mem_total_bytes',
] as const;
/** How figures are called. What is called otherwise and is one is asked for once the server has named it. */
const FIGURE = /_(pct|bytes|bytes_per_sec|per_sec|total|us|secs)$/;

/**
 * The names for the first question, in an order that is the same for all who ask the same: the server works a view out once for them. `chosen` may have names of other
 * things, too, and names that nobody has.
 */
export function wantedFigures(chosen: Iterable<string>): string[] {
  const wanted = new Set<string>([...JUDGED_FIGURES, ...USUAL]);
  for (const name of chosen) if (wanted.size < MOST && NAME.test(name) && FIGURE.test(name)) wanted.add(name);
  return [...wanted].sort();
}

/** What is asked for when `more` are wanted, too; nothing, which means all, where they cannot be named. */
export function withMore(wanted: readonly string[], more: readonly string[]): string[] | undefined {
  const all = new Set([...wanted, ...more]);
  return all.size > MOST || more.some((name) => !NAME.test(name)) ? undefined : [...all].sort();
}
