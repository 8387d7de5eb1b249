// What the page says of states and failures, and what to do about them. Words alone.
import { shortAddress } from '#lib/hosts/address';
import type { Address, AddressFault } from '#lib/hosts/address';
import type { Container } from '#lib/hosts/host';
import type { Failure } from '#lib/hosts/link';
import type { ListFault } from '#lib/hosts/registry';
import type { State } from '#lib/hosts/state';
import { taken } from '#lib/hosts/taken';
import type { Worry } from '#lib/hosts/worry';
import { format } from '#lib/model/format';
import { visible } from '#lib/model/visible';
import { m } from '#lib/paraglide/messages';

export function stateWord(state: State): string {
  return { connecting: m.hosts_connecting, live: m.hosts_live, stale: m.hosts_stale, disconnected: m.hosts_disconnected }[state.is]();
}

/** Containers with their figures, to be taken along. */
export function takenWords(rows: readonly Container[], smooth: boolean): string {
  const words = {
    name: m.hosts_name(),
    cpu: m.hosts_cpu(),
    memory: m.hosts_memory(),
    share: m.hosts_share(),
    uptime: m.hosts_uptime(),
    network: m.hosts_network(),
  };
  return taken(rows, smooth, words);
}

/** What a container is worth a look for. */
export function worryWords(worry: Worry): string {
  if (worry.of === 'loop') return m.hosts_loops();
  const share = format.figure(worry.amount, 'percent');
  return { memory: m.hosts_near_memory, throttled: m.hosts_throttled, cpu: m.hosts_near_cpu }[worry.of]({ share });
}

export function addressFault(fault: AddressFault): string {
  return {
    empty: m.hosts_fault_empty,
    scheme: m.hosts_fault_scheme,
    spaces: m.hosts_fault_spaces,
    host: m.hosts_fault_host,
    port: m.hosts_fault_port,
    password: m.hosts_fault_password,
    fragment: m.hosts_fault_fragment,
    long: m.hosts_fault_long,
    invalid: m.hosts_fault_invalid,
  }[fault]();
}

export function addressOutcome(line: Address & { known: boolean }): string {
  if ('fault' in line) return addressFault(line.fault);
  return line.known ? m.hosts_known({ url: line.url }) : line.url;
}

export function listFault(fault: ListFault): string {
  return { long: m.hosts_list_long, json: m.hosts_list_json, shape: m.hosts_list_shape, none: m.hosts_list_none }[fault]();
}

/** What happened, in a line. */
export function failureWords(failure: Failure, url: string): string {
  const address = shortAddress(url);
  switch (failure.kind) {
    case 'mixed':
      return m.hosts_failure_mixed({ address });
    case 'invalid':
      return m.hosts_failure_invalid({ address });
    case 'refused':
      return m.hosts_failure_refused({ address });
    case 'timeout':
      return m.hosts_failure_timeout({ address });
    case 'closed':
      return failure.reason ? m.hosts_failure_closed_why({ code: failure.code, reason: visible(failure.reason) }) : closed(failure.code);
    case 'silent':
      return m.hosts_failure_silent();
  }
}

function closed(code: number): string {
  return code === 1006 ? m.hosts_failure_broken() : m.hosts_failure_closed({ code });
}

export interface Advice {
  text: string;
  /** A command that helps, to be copied. */
  command?: string;
}

/** What to do, the most likely first. */
export function failureAdvice(failure: Failure, url: string, origin: string): Advice[] {
  const { host, hostname, port, protocol } = new URL(url);
  const start = { text: m.hosts_advice_start({ host: hostname }), command: `scope collect --listen 0.0.0.0:${port || 8080}` };
  const reach = { text: m.hosts_advice_reach(), command: `curl ${protocol === 'wss:' ? 'https' : 'http'}://${host}/` };
  const allowed = { text: m.hosts_advice_origin({ origin }), command: `--allow-origin ${origin}` };
  switch (failure.kind) {
    case 'mixed':
      return [{ text: m.hosts_advice_proxy(), command: `wss://${hostname}/` }, { text: m.hosts_advice_http() }];
    case 'invalid':
      return [{ text: m.hosts_advice_invalid() }];
    case 'refused':
      return protocol === 'wss:'
        ? [{ text: m.hosts_advice_certificate(), command: `https://${host}/` }, reach, allowed]
        : [start, reach, allowed];
    case 'timeout':
      return [{ text: m.hosts_advice_firewall({ port: port || (protocol === 'wss:' ? '443' : '80') }) }, reach];
    case 'closed':
      return [{ text: m.hosts_advice_closed() }, start];
    case 'silent':
      return [{ text: m.hosts_advice_silent() }, reach];
  }
}
