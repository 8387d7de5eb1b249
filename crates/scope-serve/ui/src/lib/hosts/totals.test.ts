import { expect, it } from 'vitest';
import { batch } from './frames.fixture';
import { Host } from './host';
import { totalsOf } from './totals';

it('sums leave out hosts that are gone, and tell names that two agents have', () => {
  const hosts = [1, 2, 3].map((cpu_pct) => {
    const host = new Host();
    host.take(batch([{ id: 'a', name: 'a', cpu_pct, mem_bytes: 10 }], 5), 5, 'cpu');
    return host;
  }) as [Host, Host, Host];
  const [live, stale, gone] = hosts;
  const totals = totalsOf([
    { host: live, state: { is: 'live' } },
    { host: stale, state: { is: 'stale', why: 'engine' } },
    { host: gone, state: { is: 'disconnected' } },
  ]);
  expect(totals).toEqual({ agents: 3, live: 1, containers: 2, cpu: 3, memory: 20, doubles: new Set(['a']) });
});
