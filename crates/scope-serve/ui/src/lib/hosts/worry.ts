// What a container is worth a look for: whether it restarts again and again, and how near it is to its limits. No words.
import { share, type Container } from './host';

/** A limit is near from here on, and next to reached. */
export const NEAR = 0.9;
export const REACHED = 0.97;
/** The share of time, in percent, from which being held back is felt. */
const HELD_BACK = 5;

/** `amount` is a percentage. */
export type Worry = { of: 'loop' } | { of: 'memory' | 'throttled' | 'cpu'; amount: number };

export function worryOf(row: Pick<Container, 'loops' | 'memory' | 'memoryLimit' | 'throttled' | 'cpu' | 'cpuLimit'>): Worry | undefined {
  if (row.loops) return { of: 'loop' };
  const memory = share(row.memory, row.memoryLimit);
  if (memory >= NEAR) return { of: 'memory', amount: memory * 100 };
  if (row.throttled >= HELD_BACK) return { of: 'throttled', amount: row.throttled };
  const cpu = share(row.cpu, row.cpuLimit);
  return cpu >= NEAR ? { of: 'cpu', amount: cpu * 100 } : undefined;
}
