// Words for what the server names: views, kinds, what is hidden, verdicts. Those that this page does not know are shown as the server says them.
import { format } from '#lib/model/format';
import { m } from '#lib/paraglide/messages';
import { visible } from '#lib/model/visible';
import type { ViewInfo } from '#lib/api/client';

type Words = Readonly<Record<string, () => string>>;

const VIEWS: Words = {
  containers: m.shell_view_containers,
  'containers-by-image': m.shell_view_containers_by_image,
  'containers-by-dns-name': m.shell_view_containers_by_dns_name,
  'containers-by-compose-project': m.shell_view_containers_by_compose_project,
  images: m.shell_view_images,
  processes: m.shell_view_processes,
  'processes-by-name': m.shell_view_processes_by_name,
  hosts: m.shell_view_hosts,
};

const KINDS: Words = {
  container: m.shell_kind_container,
  image: m.shell_kind_image,
  process: m.shell_kind_process,
  host: m.shell_kind_host,
  pod: m.shell_kind_pod,
  service: m.shell_kind_service,
  internet: m.shell_kind_internet,
  unwatched: m.shell_kind_unwatched,
  shared: m.shell_kind_shared,
  uncontained: m.shell_kind_uncontained,
};

const HIDDEN: Words = {
  filter: m.shell_hidden_filter,
  failed: m.shell_hidden_failed,
  stopped: m.shell_hidden_stopped,
  infrastructure: m.shell_hidden_infrastructure,
  unconnected: m.shell_hidden_unconnected,
  of_hidden: m.shell_hidden_of_hidden,
  inside: m.shell_hidden_inside,
  outside: m.shell_hidden_outside,
  over: m.shell_hidden_over,
};

const VERDICTS: Words = {
  shown: m.shell_verdict_shown,
  within: m.shell_verdict_within,
  'left out': m.shell_verdict_left_out,
  filtered: m.shell_verdict_filtered,
  outside: m.shell_verdict_outside,
  gone: m.shell_verdict_gone,
  unknown: m.shell_verdict_unknown,
};

const ROLES: Words = { viewer: m.shell_role_viewer, operator: m.shell_role_operator, admin: m.shell_role_admin };

const said = (words: Words, name: string, otherwise = name) => words[name]?.() ?? visible(otherwise);

export const viewTitle = (name: string, views: readonly ViewInfo[]) =>
  said(VIEWS, name, views.find((view) => view.name === name)?.title ?? name);
export const kindTitle = (kind: string) => said(KINDS, kind);
export const hiddenTitle = (name: string) => said(HIDDEN, name);
export const verdictTitle = (verdict: string) => said(VERDICTS, verdict);
export const roleTitle = (role: string) => said(ROLES, role);

/** Cores, of what is told as 100 for each: the word goes with the figure as it is read. */
export function coresOf(percent: number, word = m.shell_cores): string {
  return word({ count: Math.round(percent) / 100, shown: format.figure(percent / 100, 'cores') });
}
