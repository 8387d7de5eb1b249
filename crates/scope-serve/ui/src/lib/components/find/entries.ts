// What the palette offers beside nodes: views, modes, actions, pages. Shortcuts that hold where one is are actions as well, so that none is listed twice.
import { goto } from '$app/navigation';
import { base, resolve } from '$app/paths';
import { viewTitle } from '#lib/components/shell/words';
import { keys } from '#lib/keys/registry.svelte';
import { m } from '#lib/paraglide/messages';
import { catalogue } from '#lib/state/catalogue.svelte';
import { navigator } from '#lib/state/navigator.svelte';
import { overlays } from '#lib/state/overlays.svelte';
import { theme, type Theme } from '#lib/state/theme.svelte';

export interface Entry {
  id: string;
  group: string;
  label: string;
  /** Other words that it is found by. */
  more?: string;
  keys?: string;
  /** What tells it apart from others of its name. */
  hint?: string;
  /** Why it was found, where its name does not say so. */
  why?: string;
  run: () => void;
}

export function entriesOf(): Entry[] {
  const views = catalogue.views.map((view): Entry => ({
    id: `view ${view.name}`,
    group: m.nav_views(),
    label: viewTitle(view.name, catalogue.views),
    more: view.title,
    run: () => void navigator.go({ view: view.name }),
  }));
  const actions = keys.all
    .filter((one) => !one.listed && !one.keys.includes('Ctrl+k'))
    .map((one, at): Entry => ({
      id: `action ${at}`,
      group: m.find_actions(),
      label: one.label(),
      ...(one.keys[0] ? { keys: one.keys[0] } : {}),
      run: () => setTimeout(one.run),
    }));
  const dialogs: Entry[] = [
    { id: 'why', group: m.find_actions(), label: m.find_why_ask(), run: () => setTimeout(() => overlays.askWhy('')) },
    { id: 'filter-help', group: m.find_actions(), label: m.find_help(), run: () => setTimeout(() => overlays.open('filter-help')) },
    ...(catalogue.me?.role === 'admin'
      ? [{ id: 'access', group: m.find_actions(), label: m.shell_access(), run: () => void setTimeout(() => overlays.open('access')) }]
      : []),
  ];
  const themes = (
    [
      ['dark', m.shell_theme_dark],
      ['light', m.shell_theme_light],
      ['contrast', m.shell_theme_contrast],
      ['system', m.shell_theme_system],
    ] as [Theme, () => string][]
  ).map(([value, label]): Entry => ({
    id: `theme ${value}`,
    group: m.shell_theme(),
    label: label(),
    more: m.shell_theme(),
    run: () => theme.choose(value),
  }));
  const pages: Entry[] = [
    { id: 'agents', group: m.find_pages(), label: m.nav_agents(), run: () => void goto(resolve('/agents')) },
    { id: 'start', group: m.find_pages(), label: m.shell_first_steps(), run: () => void goto(resolve('/start')) },
    // Documents of their own: the app cannot go to them by itself.
    { id: 'hosts', group: m.find_pages(), label: m.nav_hosts(), run: () => location.assign(`${base}/hosts/`) },
    { id: 'api', group: m.find_pages(), label: m.nav_api(), run: () => location.assign(`${base}/api/docs`) },
  ];
  return [...views, ...actions, ...dialogs, ...pages, ...themes];
}
