// Why a node is ill, in words of the page's language.
import { m } from '#lib/paraglide/messages';
import { format } from '../model/format';
import type { Health, Reason } from '../model/health';

export function healthWord(health: Health): string {
  return { healthy: m.map_healthy, warning: m.map_warning, critical: m.map_critical, unknown: m.map_unknown }[health]();
}

export function reasonWords(reason: Reason): string {
  switch (reason.what) {
    case 'unhealthy':
      return m.map_reason_unhealthy();
    case 'restarting':
      return m.map_reason_restarting();
    case 'dead':
      return m.map_reason_dead();
    case 'out_of_memory':
      return m.map_reason_out_of_memory();
    case 'paused':
      return m.map_reason_paused();
    case 'zombie':
      return m.map_reason_zombie();
    case 'pending':
      return m.map_reason_pending();
    case 'failed':
      return Number.isNaN(reason.exitCode) ? m.map_reason_failed_unknown() : m.map_reason_failed({ code: reason.exitCode });
    case 'restarts':
      return m.map_reason_restarts({ count: reason.count });
    default: {
      const share = format.figure(reason.share * 100, 'percent');
      return { memory: m.map_reason_memory, cpu: m.map_reason_cpu, disk: m.map_reason_disk, throttled: m.map_reason_throttled }[
        reason.what
      ]({ share });
    }
  }
}
