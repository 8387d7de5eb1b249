// What a container is worth a look for: whether it restarts again and again, and how near it is to its limits. No words.
import { WARNING } from '../model/bounds';
import { share, type Container } from './host';

/** `amount` is a percentage. */
export type Worry = { of: 'loop' } | { of: 'memory' | 'throttled' | 'cpu'; amount: number };

export function worryOf(row: Pick<Container, 'loops' | 'memory' | 'memoryLimit' | 'throttled' | 'cpu' | 'cpuLimit'>): Worry | undefined {
  if (row.loops) return { of: 'loop' };
  const memory = share(row.memory, row.memoryLimit);
  if (memory >= WARNING.memory) return { of: 'memory', amount: memory * 100 };
  if (row.throttled >= WARNING.throttled * 100) return { of: 'throttled', amount: row.throttled };
  const cpu = share(row.cpu, row.cpuLimit);
  return cpu >= WARNING.cpu ? { of: 'cpu', amount: cpu * 100 } : undefined;
}
