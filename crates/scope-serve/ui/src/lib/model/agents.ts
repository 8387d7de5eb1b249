// What an agent's own account says at a glance: what it costs, what it lost, whether it needs somebody. Plain data.
import type { AgentInfo } from '../api/client';

export const SOURCES = ['host', 'docker', 'cgroup', 'process', 'net'] as const;

export type AgentState = 'live' | 'stale' | 'gone';

export interface AgentGlance {
  state: AgentState;
  /** CPU time of its sources, in per cent of a core; absent where it does not say how often it reports. */
  costPct?: number;
  /** Records that did not arrive as they were: lost, refused, or over a limit. */
  losses: number;
  /** What its sources saw and had to leave out. */
  dropped: number;
  /** Milliseconds that its clock is ahead; small differences are none. */
  clockMs: number;
  /** Usual sources that it says nothing of. */
  silent: string[];
}

/** A clock that is off by less does no harm to what is shown. */
const CLOCK_MS = 500;

export function glance(agent: AgentInfo): AgentGlance {
  const sources = Object.values(agent.sources);
  const took = sources.reduce((sum, source) => sum + (source.took_us ?? 0), 0);
  const clock = agent.clock_offset_us / 1000;
  const state = agent.state === 'live' || agent.state === 'stale' ? agent.state : 'gone';
  return {
    state,
    ...(agent.interval_ms ? { costPct: took / 10 / agent.interval_ms } : {}),
    losses: agent.lost + agent.refused + agent.over,
    dropped: sources.reduce((sum, source) => sum + (source.dropped ?? 0), 0),
    clockMs: Math.abs(clock) < CLOCK_MS ? 0 : clock,
    silent: SOURCES.filter((source) => !(source in agent.sources)),
  };
}

const RANK: Record<AgentState, number> = { gone: 0, stale: 1, live: 2 };

/** Those that need somebody first, then by name. */
export function byNeed(agents: readonly AgentInfo[], troubles: ReadonlyMap<string, number>): AgentInfo[] {
  const need = (agent: AgentInfo) => {
    const { state, losses, clockMs } = glance(agent);
    return RANK[state] * 10 + (losses || clockMs ? 0 : 2) + (troubles.get(agent.name) ? 0 : 1);
  };
  return [...agents].sort((a, b) => need(a) - need(b) || (a.name < b.name ? -1 : 1));
}
