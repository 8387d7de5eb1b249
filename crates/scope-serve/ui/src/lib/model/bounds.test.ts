import { expect, it } from 'vitest';
import { nearness } from './bounds';
import { judge } from './health';

it('tells how near a figure is to its limit as who has it is judged', () => {
  for (const [metric, of] of [
    ['cpu_pct', { cpu_limit_pct: 100 }],
    ['mem_bytes', { mem_limit_bytes: 100 }],
    ['disk_pct', {}],
    ['cpu_throttled_pct', {}],
  ] as const)
    for (const value of [0, 24, 25, 84, 85, 89, 90, 94, 95, 100, 140]) {
      const figures: Record<string, number> = { ...of, [metric]: value };
      const { health } = judge({ kind: 'container', role: 'member', facts: { attrs: { state: 'running' } } }, (name) => figures[name], 0);
      expect([metric, value, nearness(metric, value / 100) || 'healthy']).toEqual([metric, value, health]);
    }
});

it('takes nothing else for near', () => {
  expect(nearness('rx_bytes_per_sec', 1)).toBe('');
  expect(nearness('cpu_pct', undefined)).toBe('');
  expect(nearness('mem_bytes', NaN)).toBe('');
  expect(nearness('toString', 1)).toBe('');
});
