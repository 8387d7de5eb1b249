// Words for kinds, and for what is wrong with something.
import { format } from '#lib/model/format';
import type { Reason } from '#lib/model/health';
import { visible } from '#lib/model/visible';
import { m } from '#lib/paraglide/messages';

const KINDS: Readonly<Record<string, () => string>> = {
  container: m.panel_kind_container,
  process: m.panel_kind_process,
  host: m.panel_kind_host,
  image: m.panel_kind_image,
  pod: m.panel_kind_pod,
  service: m.panel_kind_service,
  internet: m.panel_kind_internet,
  unwatched: m.panel_kind_unwatched,
  shared: m.panel_kind_shared,
  uncontained: m.panel_kind_uncontained,
};

export const kindOf = (kind: string): string => KINDS[kind]?.() ?? visible(kind);

/** Signals that end programs, by number. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

/** Codes that shells and engines give a meaning say it. */
function exitOf(code: number): string {
  if (Number.isNaN(code)) return m.panel_reason_failed();
  const signal = SIGNALS[code - 128];
  if (signal) return m.panel_reason_exit_signal({ code, signal });
  if (code === 126) return m.panel_reason_exit_126();
  if (code === 127) return m.panel_reason_exit_127();
  return m.panel_reason_exit({ code });
}

export function reasonOf(reason: Reason): string {
  switch (reason.what) {
    case 'unhealthy':
      return m.panel_reason_unhealthy();
    case 'restarting':
      return m.panel_reason_restarting();
    case 'dead':
      return m.panel_reason_dead();
    case 'out_of_memory':
      return m.panel_reason_out_of_memory();
    case 'paused':
      return m.panel_reason_paused();
    case 'zombie':
      return m.panel_reason_zombie();
    case 'pending':
      return m.panel_reason_pending();
    case 'failed':
      return exitOf(reason.exitCode);
    case 'restarts':
      return m.panel_reason_restarts({ count: format.count(reason.count) });
    case 'memory':
      return m.panel_reason_memory({ share: format.figure(reason.share * 100, 'percent') });
    case 'cpu':
      return m.panel_reason_cpu({ share: format.figure(reason.share * 100, 'percent') });
    case 'disk':
      return m.panel_reason_disk({ share: format.figure(reason.share * 100, 'percent') });
    case 'throttled':
      return m.panel_reason_throttled({ share: format.figure(reason.share * 100, 'percent') });
  }
}
