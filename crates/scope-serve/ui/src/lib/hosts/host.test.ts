import { describe, expect, it } from 'vitest';
import { batch } from './frames.fixture';
import { figure } from './figures';
import { recent } from './history';
import { Host, isBusy } from './host';
import { worryOf } from './worry';

const T = 1_800_000_000_000;

const one = (id: string, cpu_pct: number | null, mem_bytes = 100) => ({
  id,
  name: `N-${id}`,
  cpu_pct,
  mem_bytes,
  mem_limit_bytes: 1000,
  uptime_secs: 5,
});

describe('a host', () => {
  it('keeps containers and histories, and lets go of what is no more', () => {
    const host = new Host();
    host.take(batch([one('a', null), one('b', 1)], T), T + 5, 'cpu');
    host.take(batch([one('a', 20), one('c', 2)], T + 1000), T + 1005, 'cpu');
    host.take(batch([one('a', 40), one('c', 2)], T + 2000), T + 2005, 'cpu');
    expect([...host.containers.keys()]).toEqual(['a', 'c']);
    const [a, c] = ['a', 'c'].map((id) => host.containers.get(id));
    expect([...recent(a!.cpuHistory, host.batch, new Float64Array(3))]).toEqual([NaN, 20, 40]);
    expect([...recent(c!.cpuHistory, host.batch, new Float64Array(3))]).toEqual([NaN, 2, 2]);
    expect(a!.smoothCpu).toBe(26);
    expect([host.cpu, host.memory, host.ownCpu, host.ownMemory]).toEqual([42, 200, 1, 2]);
    expect(host.times.at(host.batch)).toBe(T + 2005);
    expect(a!.lower).toBe('n-a');
  });

  it('is idle without containers, and does not know sums that nobody told', () => {
    const host = new Host();
    host.take(batch([], T), T, 'cpu');
    expect([host.cpu, host.memory]).toEqual([0, 0]);
    host.take(batch([{ id: 'a', name: 'a' }], T + 1000), T + 1000, 'cpu');
    expect([host.cpu, host.memory, host.received]).toEqual([NaN, NaN, NaN]);
  });

  it('tells busy from idle', () => {
    const host = new Host();
    host.take(batch([one('a', 0.4), one('b', 3), { ...one('c', 0), rx_bytes_per_sec: 20_000 }], T), T, 'cpu');
    expect([...host.containers.values()].map(isBusy)).toEqual([false, true, true]);
  });

  it('notices what restarts again and again, and that it has no uptime meanwhile', () => {
    const host = new Host();
    const uptimes = [8, 9, null, null, 1];
    const seen = uptimes.map((uptime_secs, at) => {
      host.take(batch([{ ...one('a', 1), uptime_secs }, one('b', 1)], T + at * 1000), T + at * 1000, 'uptime');
      const [a, b] = ['a', 'b'].map((id) => host.containers.get(id)!);
      expect(worryOf(b!)).toBeUndefined();
      return [worryOf(a!)?.of, figure(a!, 'uptime', false)];
    });
    expect(seen).toEqual([
      [undefined, '8s'],
      [undefined, '9s'],
      ['loop', '–'],
      ['loop', '–'],
      ['loop', '1s'],
    ]);
  });

  it('worries from where on the map does', () => {
    const row = { loops: false, memory: 0, memoryLimit: 100, throttled: 0, cpu: 0, cpuLimit: 100 };
    const of = (of: Partial<typeof row>) => worryOf({ ...row, ...of })?.of;
    expect([of({}), of({ memory: 84 }), of({ cpu: 94 }), of({ throttled: 24 })]).toEqual([undefined, undefined, undefined, undefined]);
    expect([of({ memory: 85 }), of({ cpu: 95 }), of({ throttled: 25 })]).toEqual(['memory', 'cpu', 'throttled']);
  });

  it('has a gap where nothing was heard', () => {
    const host = new Host();
    host.interrupt(T);
    expect(host.batch).toBe(-1);
    host.take(batch([one('a', 5)], T), T, 'cpu');
    host.interrupt(T + 4000);
    host.interrupt(T + 5000);
    host.take(batch([one('a', 6)], T + 9000), T + 9000, 'cpu');
    const a = host.containers.get('a')!;
    expect([...recent(a.cpuHistory, host.batch, new Float64Array(3))]).toEqual([5, NaN, 6]);
    expect([...recent(host.times, host.batch, new Float64Array(3))]).toEqual([T, T + 4000, T + 9000]);
  });

  it('brings the agent’s times to this browser’s', () => {
    const host = new Host();
    host.take(batch([], T - 50_000), T, 'cpu');
    host.take({ agent: 'a', sentAt: T - 49_000, sequence: 2, type: 'heartbeat', polledAt: T - 49_500 }, T + 1000, 'cpu');
    expect(host.polledAt).toBe(T + 500);
  });
});
