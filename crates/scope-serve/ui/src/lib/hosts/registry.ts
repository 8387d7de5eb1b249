// The list of agents: what is kept in this browser, exported and imported. URLs alone, each once. Reads with suspicion; stores nothing itself.
import { address } from './address';

/** Browsers open some 250 sockets and no more. */
export const MOST_AGENTS = 200;
const LONGEST = 1 << 20;

export interface Listed {
  urls: string[];
  /** Entries that are no addresses, as they stand there. */
  faults: string[];
  /** How many there were beyond what can be kept. */
  beyond: number;
}

export type ListFault = 'long' | 'json' | 'shape' | 'none';

/** What `written` writes, and whatever else is plainly a list of agents: an array of URLs, or of objects with one. */
export function readList(text: string, secure = false): Listed | { fault: ListFault } {
  if (text.length > LONGEST) return { fault: 'long' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'json' };
  }
  const list = Array.isArray(value)
    ? value
    : typeof value === 'object' && value !== null
      ? (value as { agents?: unknown }).agents
      : undefined;
  if (!Array.isArray(list)) return { fault: 'shape' };
  const urls = new Set<string>();
  const faults: string[] = [];
  for (const entry of list as unknown[]) {
    const said = typeof entry === 'object' && entry !== null ? (entry as { url?: unknown }).url : entry;
    const found = typeof said === 'string' ? address(said, secure) : undefined;
    if (found && 'url' in found) urls.add(found.url);
    else if (faults.length < 100) faults.push(typeof said === 'string' ? said.slice(0, 200) : String(JSON.stringify(entry)).slice(0, 200));
  }
  if (urls.size === 0 && list.length > 0) return { fault: 'none' };
  const kept = [...urls].slice(0, MOST_AGENTS);
  return { urls: kept, faults, beyond: urls.size - kept.length };
}

/** For people to read, compare and edit. */
export function written(urls: readonly string[]): string {
  return `${JSON.stringify({ agents: urls.map((url) => ({ url })) }, null, 2)}\n`;
}

export function merged(before: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...before, ...more])].slice(0, MOST_AGENTS);
}
