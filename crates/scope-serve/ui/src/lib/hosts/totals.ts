// Sums over all agents, for the line that says how things are.
import type { Host } from './host';
import type { State } from './state';

export interface Totals {
  agents: number;
  live: number;
  containers: number;
  cpu: number;
  memory: number;
  /** Names that more than one agent says it has. */
  doubles: ReadonlySet<string>;
}

export function totalsOf(agents: readonly { host: Host; state: State }[]): Totals {
  const doubles = new Set<string>();
  const totals = { agents: agents.length, live: 0, containers: 0, cpu: 0, memory: 0, doubles };
  const names = new Set<string>();
  for (const { host, state } of agents) {
    if (host.agent !== '') (names.has(host.agent) ? doubles : names).add(host.agent);
    // Sums of what is no more would be wrong; what is late is still the best that is known.
    if (state.is !== 'live' && state.is !== 'stale') continue;
    if (state.is === 'live') totals.live += 1;
    totals.containers += host.containers.size + host.omitted;
    if (host.cpu > 0) totals.cpu += host.cpu;
    if (host.memory > 0) totals.memory += host.memory;
  }
  return totals;
}
