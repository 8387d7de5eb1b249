// The screens, as data: where each is, and what is done there (acts.ts) until it shows what is to be looked at.
import * as acts from './acts';
import { click, clickLast, inOrder, press, withAgents } from './acts';
import { Cluster } from './cluster';
import { anotherViewer, type World, type WorldName } from './worlds';

interface Shown {
  /** What follows the address that the screens have in common. */
  at?: string;
  act?: acts.Act;
  /** Milliseconds until it has settled. */
  settle?: number;
  /** Puts things back for the screens after it. */
  undo?: (world: World) => Promise<unknown>;
  /** Accepts a certificate that nobody signed. */
  unsigned?: boolean;
}
export interface Screen extends Shown {
  name: string;
  world: WorldName;
  path: string;
}

/** Screens of a world, by name; what is only an address needs no more than that. */
const of = (world: WorldName, base: string, screens: Record<string, string | Shown>): Screen[] =>
  Object.entries(screens).map(([name, shown]) => {
    const given = typeof shown === 'string' ? { at: shown } : shown;
    return { ...given, name, world, path: base + (given.at ?? '') };
  });

const VIEW = '/view/containers';
const sel = (...ids: string[]) => ids.map((id) => `sel=${encodeURIComponent(id)}`).join('&');
const container = (name: string) => sel(Cluster.container(name));
const wasAway = { act: acts.stopServer, settle: 4000, undo: acts.startServer };

const views = [
  ...of('nothing', '/', { 'start-nothing': 'start', 'map-nothing': 'view/containers', 'agents-none': 'agents' }),
  ...of(5, VIEW, { 'map-5': { settle: 2500 }, 'map-5-layers': { at: '?arrange=layers', settle: 2500 } }),
  ...of(50, VIEW, {
    'map-50': { settle: 2500 },
    'map-50-layers': { at: '?arrange=layers', settle: 2500 },
    'map-50-kind': '?colour=kind&cluster=compose_project',
    'map-grouped': '?group_by=compose_project',
    'map-problems': '?problems=1',
    'map-legend': { act: click('main details > summary') },
    'map-display': { act: click('button[aria-haspopup]', /display|darstellung|anzeige/i) },
    'table-50': '?as=table',
    'table-edges': '?as=table&rows=edges',
    'table-columns': { at: '?as=table', act: click('main button[aria-haspopup]') },
    'resources-50': '?as=resources',
  }),
  ...of(1000, '/view/', {
    'map-1000': { at: 'containers', settle: 2500 },
    'map-1000-layers': { at: 'containers?arrange=layers', settle: 2500 },
    'map-1000-open': { at: 'containers', act: acts.openCluster, settle: 2500 },
    'map-1000-open-far': { at: 'containers?open=host-03', settle: 2500 },
    'map-hosts': 'hosts',
  }),
  ...of(10000, VIEW, {
    'map-10000': { settle: 9000 },
    'map-10000-open': { act: acts.openCluster, settle: 5000 },
    'map-10000-layers': { at: '?arrange=layers', settle: 9000 },
    'table-10000': { at: '?as=table', settle: 9000 },
  }),
  ...of('kinds', '/', {
    'start-kinds': 'start',
    'map-kinds': 'view/containers?show=stopped',
    'map-processes': 'view/processes',
    'resources-kinds': 'view/processes?as=resources',
  }),
];

const panels = [
  ...of('kinds', `${VIEW}?`, {
    'panel-container': { at: container('api'), settle: 4000 },
    'panel-container-table': { at: `as=table&${container('worker')}`, settle: 4000 },
    'panel-exited': `show=stopped&${container('migrate')}`,
    'panel-host': { at: sel('host:alpha'), settle: 4000 },
    'panel-pod': sel(Cluster.pod('api')),
    'panel-edge': { at: sel(`edge:${Cluster.container('worker')}>${Cluster.container('db')}`), settle: 4000 },
    'panel-stack': sel('host:alpha', Cluster.container('api'), Cluster.container('db')),
    'panel-absent': sel('container:0000000000'),
    'panel-strange': sel('what?'),
    'panel-gone': { at: container('mailer'), act: acts.endContainer('mailer'), settle: 6000, undo: acts.bringBack('mailer') },
    'panel-edge-gone': {
      at: sel(`edge:${Cluster.container('mailer')}>${Cluster.container('queue')}`),
      act: acts.endContainer('mailer'),
      settle: 6000,
      undo: acts.bringBack('mailer'),
    },
  }),
  ...of('kinds', '/view/', {
    'panel-host-stale': `hosts?${sel('host:gamma')}`,
    'panel-process': `processes?${sel(Cluster.process(2))}`,
    'panel-image': `images?${sel(Cluster.image('registry.example.org/shop/api:4.2.1'))}`,
  }),
  ...of(50, VIEW, { 'panel-group': { at: '?group_by=compose_project', act: acts.openGroup } }),
];

const finding = of(50, VIEW, {
  'filter-begin': { act: press('/') },
  'filter-completion': { at: '?filter=app:web', act: press('/', 'state:') },
  'filter-text': { act: press('/', 'cart') },
  'filter-error': { act: press('/', 'cpu > fast') },
  'filter-error-in-link': '?filter=cpu%20%3E%20fast',
  'filter-none': '?filter=nobody',
  'filter-many': '?filter=app:web%20-project:nightly%20cpu%20%3E%200.1%20state:running%20label.team=shop',
  'filter-help': { act: clickLast('[role=search] > button') },
  palette: { act: press('Control+k') },
  'palette-found': { act: press('Control+k', 'web') },
  'palette-nothing': { act: press('Control+k', 'qqqq') },
  keys: { act: press('?') },
  why: { at: '?filter=cpu%20%3E%2030', act: acts.why('queue') },
  menu: { act: acts.menu },
  'group-menu': { act: click('header button[aria-haspopup=menu]') },
  'view-select': { act: click('header button[aria-haspopup=listbox]') },
});

const states = [
  ...of(50, VIEW, { paused: { act: press('p') }, 'paused-table': { at: '?as=table', act: press('p') } }),
  ...of(5, '/', {
    offline: { at: 'view/containers', ...wasAway },
    'offline-agents': { at: 'agents', ...wasAway, settle: 8000 },
    loading: { at: 'view/containers', act: acts.hangServer },
    'refused-view': 'view/no-such-view',
    'no-page': 'no/such/page',
    'page-failed': { at: 'view/containers', act: acts.losePage },
    'part-failed': { at: 'view/containers', act: acts.loseParts },
  }),
  ...of('kinds', VIEW, { 'offline-panel': { at: `?${container('api')}`, ...wasAway } }),
];

const asViewer = (path: string) => acts.signIn(({ viewer }) => viewer?.token, path);
const pages = [
  ...of('kinds', '/', {
    agents: { at: 'agents', settle: 2500 },
    'agents-open': { at: 'agents', act: click('main [aria-expanded]') },
    problems: { at: 'view/containers', act: click('footer button[aria-haspopup=dialog]') },
  }),
  ...of(10000, '/', { 'agents-many': { at: 'agents', settle: 4000 } }),
  ...of('locked', '/', {
    'sign-in': '',
    'sign-in-wrong': { at: 'sign-in', act: acts.wrongToken },
    'access-tokens': { at: 'sign-in', act: acts.access },
    'access-token-made': { at: 'sign-in', act: acts.makeToken },
    'access-enrolments': { at: 'sign-in', act: inOrder(acts.access, click('[role=dialog] [role=tab]:nth-child(2)')) },
    'start-admin': { at: 'sign-in', act: acts.asAdmin },
  }),
  // Who sees a part only.
  ...of('guarded', '/sign-in', {
    'viewer-map': { act: asViewer(VIEW), settle: 2500 },
    'viewer-panel': { act: asViewer(`${VIEW}?${container('web')}`), settle: 4000 },
    'viewer-panel-hidden': { act: asViewer(`${VIEW}?${container('db')}`), settle: 2500 },
    'viewer-refused': { act: inOrder(asViewer(`${VIEW}?${container('web')}`), acts.revokeViewer), settle: 18_000, undo: anotherViewer },
  }),
];

const hosts = [
  ...of('no agent', '', { 'hosts-none': '', 'hosts-proposal': '?agents=10.1.2.3:8080,ftp://x' }),
  ...of('an agent', '', {
    'hosts-one': { act: withAgents(), settle: 4000 },
    'hosts-add': { act: withAgents(inOrder(press('a'), press('host-a, ftp://x'))) },
    'hosts-menu': { act: withAgents(acts.menu) },
    'hosts-keys': { act: withAgents(press('?')) },
  }),
  ...of('three agents', '', {
    'hosts-three': { act: withAgents(), settle: 4000 },
    'hosts-compare': { at: '?look=compare', act: withAgents(), settle: 5000 },
    'hosts-debug': { at: '?debug=true', act: withAgents(), settle: 4000 },
    'hosts-panel': { act: withAgents(click('[data-at="0"]')), settle: 4000 },
    'hosts-search-none': { at: '?q=nobody', act: withAgents() },
  }),
  ...of('bad agents', '', {
    'hosts-bad': { act: withAgents(), settle: 9000 },
    'hosts-help': { act: withAgents(click('details summary')), settle: 9000 },
  }),
  ...of('tls', '/hosts/', {
    'hosts-https-none': { unsigned: true },
    'hosts-https': {
      unsigned: true,
      act: withAgents(click('details summary'), ['ws://10.1.2.3:8080/', 'ws://192.0.2.7/']),
      settle: 3000,
    },
  }),
];

export const SCREENS: Screen[] = [...views, ...panels, ...finding, ...states, ...pages, ...hosts];
