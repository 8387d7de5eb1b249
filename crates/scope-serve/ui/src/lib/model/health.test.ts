import { describe, expect, it } from 'vitest';
import { judge, share } from './health';
import type { Attribute } from '../live/messages';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const at = (kind: string, attrs: Record<string, Attribute>, figures: Record<string, number> = {}) =>
  judge({ kind, role: 'member', facts: { attrs } }, (metric) => figures[metric], NOW);

describe('judge', () => {
  it('finds a running container healthy, and knows nothing of what has no state and no figures', () => {
    expect(at('container', { state: 'running' })).toEqual({ health: 'healthy', reasons: [] });
    expect(at('image', {})).toEqual({ health: 'unknown', reasons: [] });
    expect(judge({ kind: 'internet', role: 'pseudo', facts: {} }, () => 1, NOW).health).toBe('unknown');
    expect(at('container', { state: 'running', health: 'starting' }).health).toBe('unknown');
  });

  it('tells an orderly end from a failure', () => {
    expect(at('container', { state: 'exited', exit_code: 0 }).health).toBe('unknown');
    expect(at('container', { state: 'exited', exit_code: 143 }).health).toBe('unknown');
    expect(at('container', { state: 'exited', exit_code: 137 }).health).toBe('unknown');
    expect(at('container', { state: 'exited', exit_code: 139 })).toEqual({
      health: 'critical',
      reasons: [{ what: 'failed', exitCode: 139 }],
    });
    expect(at('container', { state: 'dead' })).toEqual({ health: 'critical', reasons: [{ what: 'dead' }] });
    expect(at('container', { state: 'exited', exit_code: 137, oom_killed: true }).reasons).toEqual([{ what: 'out_of_memory' }]);
    expect(at('container', { state: 'exited', exit_code: 0, oom_killed: true }).reasons).toEqual([{ what: 'out_of_memory' }]);
  });

  it('says what something ended with that restarts again and again', () => {
    expect(at('container', { state: 'restarting', exit_code: 0 }).reasons).toEqual([
      { what: 'restarting' },
      { what: 'failed', exitCode: 0 },
    ]);
    expect(at('container', { state: 'restarting' }).reasons).toEqual([{ what: 'restarting' }]);
  });

  it('is of one mind on a restart loop, whether it runs or waits', () => {
    const lately = { restart_count: 7, started_at: '2026-11-21T11:57:00Z' };
    const runs = at('container', { ...lately, state: 'running' });
    const waits = at('container', { ...lately, state: 'restarting', exit_code: 1 });
    expect([runs.health, waits.health]).toEqual(['critical', 'critical']);
    expect(runs.reasons).toEqual([{ what: 'restarting' }, { what: 'restarts', count: 7 }]);
    expect(at('container', { state: 'running', restart_count: 7, started_at: '2026-11-21T11:45:00Z' })).toEqual({
      health: 'warning',
      reasons: [{ what: 'restarts', count: 7 }],
    });
    expect(at('container', { ...lately, state: 'running', restart_count: 1 }).health).toBe('healthy');
    expect(at('container', { ...lately, state: 'exited', exit_code: 0 }).health).toBe('unknown');
  });

  it('names all that is wrong, the gravest first', () => {
    const { health, reasons } = at(
      'container',
      { state: 'running', health: 'unhealthy', restart_count: 7, started_at: '2026-11-21T11:20:00Z' },
      { mem_bytes: 90, mem_limit_bytes: 100 },
    );
    expect(health).toBe('critical');
    expect(reasons.map((reason) => reason.what)).toEqual(['unhealthy', 'restarts', 'memory']);
  });

  it('forgets restarts of long ago', () => {
    expect(at('container', { state: 'running', restart_count: 7, started_at: '2026-11-20T11:59:00Z' }).health).toBe('healthy');
  });

  it('judges use by limits alone', () => {
    expect(at('container', { state: 'running' }, { cpu_pct: 900, mem_bytes: 1e12 }).health).toBe('healthy');
    expect(at('container', { state: 'running' }, { cpu_pct: 49, cpu_limit_pct: 50 }).health).toBe('warning');
    expect(at('host', { cores: 4 }, { cpu_pct: 390, mem_bytes: 96, mem_total_bytes: 100 })).toEqual({
      health: 'critical',
      reasons: [
        { what: 'memory', share: 0.96 },
        { what: 'cpu', share: 0.975 },
      ],
    });
    expect(at('host', {}, { disk_pct: 91 }).health).toBe('warning');
  });
});

describe('share', () => {
  const node = { kind: 'container', role: 'member', facts: {} };
  it('is of the limit, else of what a percentage says, else unknown', () => {
    expect(share(node, (metric) => ({ mem_pct: 50 })[metric], 'mem_bytes')).toBe(0.5);
    expect(share(node, (metric) => ({ mem_bytes: 50 })[metric], 'mem_bytes')).toBeUndefined();
    expect(share(node, (metric) => ({ cpu_pct: 50 })[metric], 'cpu_pct')).toBeUndefined();
    expect(share(node, (metric) => ({ disk_pct: 50 })[metric], 'disk_pct')).toBe(0.5);
  });
});
