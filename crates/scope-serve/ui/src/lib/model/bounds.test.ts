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

it('is at the bounds what the pictures of the command say', () => {
  const at = (metric: string, ...shares: number[]) => shares.map((share) => nearness(metric, share));
  expect(at('mem_bytes', 0.849, 0.85, 0.949, 0.95)).toEqual(['', 'warning', 'warning', 'critical']);
  expect(at('disk_pct', 0.899, 0.9, 0.949, 0.95)).toEqual(['', 'warning', 'warning', 'critical']);
  expect(at('cpu_pct', 0.949, 0.95, 4)).toEqual(['', 'warning', 'warning']);
  expect(at('cpu_throttled_pct', 0.249, 0.25, 1)).toEqual(['', 'warning', 'warning']);
});
