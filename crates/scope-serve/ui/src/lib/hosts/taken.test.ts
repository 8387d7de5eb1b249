import { expect, it } from 'vitest';
import { batch } from './frames.fixture';
import { Host } from './host';
import { taken } from './taken';

it('takes containers along as a table, one a line whatever their names are', () => {
  const host = new Host();
  const told = { name: 'a\tb\nc', cpu_pct: 12, mem_bytes: 1024, mem_limit_bytes: 2048, uptime_secs: 60 };
  host.take(batch([{ id: 'x', ...told }], 0), 0, 'cpu');
  const words = { name: 'Name', cpu: 'CPU', memory: 'Memory', share: 'Share', uptime: 'Up', network: 'Network' };
  expect(taken([...host.containers.values()], false, words)).toBe(
    'Name\tCPU\tMemory\tShare\tUp\tNetwork\na\\tb\\nc\t12%\t1.0\u00a0KiB\t50%\t1m\t–',
  );
});
