// From where on something is not well: shares of memory, processor time, disk, and of the time in which something was held back. The pages and the pictures of
// `scope render` (its `picture/health.rs`) have the same ones. Numbers; who is judged by them, and how that is told, is elsewhere.

export const CRITICAL = { memory: 0.95, disk: 0.95 } as const;
export const WARNING = { memory: 0.85, cpu: 0.95, disk: 0.9, throttled: 0.25 } as const;

export type Near = '' | 'warning' | 'critical';

const BOUNDS: Readonly<Record<string, { warning: number; critical?: number }>> = {
  cpu_pct: { warning: WARNING.cpu },
  cpu_throttled_pct: { warning: WARNING.throttled },
  mem_bytes: { warning: WARNING.memory, critical: CRITICAL.memory },
  mem_pct: { warning: WARNING.memory, critical: CRITICAL.memory },
  disk_pct: { warning: WARNING.disk, critical: CRITICAL.disk },
};

/** How near a figure is to its limit, of which it is a share. Of one that nobody is judged by it is never near. */
export function nearness(metric: string, share: number | undefined): Near {
  const bounds = BOUNDS[metric];
  if (!bounds || share === undefined || !(share >= bounds.warning)) return '';
  return bounds.critical !== undefined && share >= bounds.critical ? 'critical' : 'warning';
}
