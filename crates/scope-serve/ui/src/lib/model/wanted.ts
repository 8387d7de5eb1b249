// Which figures of nodes a view asks for: those that nodes are judged by, those that are shown without being asked for, and those that somebody chose. All others
// stay with the server until somebody does. Names only; who asks is state/live-view.
import type { FieldInfo } from '../api/client';
import { JUDGED_FIGURES } from './standing';

/** What the server takes in one question (docs/subscriptions.md). */
const MOST = 64;
const NAME = /^[\w.:-]+$/;
/** Not of nodes: connections have all of their figures, and an agent's own are told with it. */
const OF_NO_NODE = new Set(['flow', 'connection', 'tick']);
const NO_FIGURES = new Set(['text', 'list', 'map', 'bool', 'time']);

/** The names for a question, in an order that is the same for all who ask the same. `chosen` may have names of other things, too. */
export function wantedFigures(fields: Iterable<FieldInfo>, chosen: Iterable<string>): string[] {
  const wanted = new Set(JUDGED_FIGURES);
  for (const name of chosen) if (NAME.test(name)) wanted.add(name);
  for (const { name, kinds, unit, hidden } of fields) {
    if (!hidden && !NO_FIGURES.has(unit) && !(kinds.length > 0 && kinds.every((kind) => OF_NO_NODE.has(kind)))) wanted.add(name);
  }
  return [...wanted].slice(0, MOST).sort();
}

/** What is asked for when `more` are wanted, too; nothing, which means all, where they cannot be named. */
export function withMore(wanted: readonly string[], more: readonly string[]): string[] | undefined {
  const all = new Set([...wanted, ...more]);
  return all.size > MOST || more.some((name) => !NAME.test(name)) ? undefined : [...all].sort();
}
