import { describe, expect, it } from 'vitest';
import type { AgentInfo } from '../api/client';
import { byNeed, glance } from './agents';

const agent = (name: string, more: Partial<AgentInfo> = {}): AgentInfo => ({
  name,
  state: 'live',
  last_seen: '2026-11-21T18:34:00Z',
  interval_ms: 1000,
  sources: { host: { full: true, records: 1, took_us: 500 }, net: { full: true, records: 9, took_us: 4500, dropped: 2 } },
  lost: 0,
  refused: 0,
  over: 0,
  clock_offset_us: 0,
  nodes: 1,
  flows: 1,
  ...more,
});

describe('agents', () => {
  it('say what they cost and lost', () => {
    expect(glance(agent('a', { lost: 1, over: 2, clock_offset_us: -2_500_000 }))).toEqual({
      state: 'live',
      costPct: 0.5,
      losses: 3,
      dropped: 2,
      clockMs: -2500,
      silent: ['docker', 'cgroup', 'process'],
    });
    const silent = agent('a', { clock_offset_us: 90_000 });
    delete silent.interval_ms;
    expect(glance(silent)).toMatchObject({ clockMs: 0 });
    expect(glance(silent).costPct).toBeUndefined();
  });

  it('come in the order of need', () => {
    const agents = [agent('b'), agent('a'), agent('gone', { state: 'gone' }), agent('losing', { lost: 1 }), agent('blind')];
    expect(byNeed(agents, new Map([['blind', 2]])).map((one) => one.name)).toEqual(['gone', 'losing', 'blind', 'a', 'b']);
  });
});
