// Frames for tests.
import { readFrame, type Frame } from './frames';

/** A batch that an agent sent at `at`, in milliseconds of its clock. */
export function batch(containers: object[], at: number, more: object = {}): Frame {
  const sent_at = new Date(at).toISOString();
  const value = {
    type: 'container_stats_batch',
    agent_id: 'a',
    sent_at,
    sequence: 1,
    containers,
    agent_metrics: { cpu_pct: 1, mem_bytes: 2 },
    ...more,
  };
  return readFrame(JSON.stringify(value)) as Frame;
}
