// The screens: where each is, and what is done there until it shows what is to be looked at.
import type { Page } from '@playwright/test';
import { Cluster } from './cluster';
import type { World, WorldName } from './worlds';

export interface Screen {
  name: string;
  world: WorldName;
  path: string | ((world: World) => Promise<string>);
  act?: (page: Page, world: World) => Promise<unknown>;
  /** Milliseconds until it has settled. */
  settle?: number;
  /** Puts things back for the screens after it. */
  undo?: (world: World) => Promise<unknown>;
  /** Accepts a certificate that nobody signed. */
  unsigned?: boolean;
}

const sel = (...ids: string[]) => ids.map((id) => `sel=${encodeURIComponent(id)}`).join('&');
const press =
  (...keys: string[]) =>
  async (page: Page) => {
    for (const key of keys) await (key.length > 1 && !/^[A-Z]/.test(key) ? page.keyboard.type(key) : page.keyboard.press(key));
  };
const menu = async (page: Page) => page.locator('header button[aria-haspopup=menu]').last().click();
const signedIn = async (page: Page, { url, server }: World) => {
  await page.goto(`${url}/sign-in`);
  await page.locator('input[type=password]').fill(server?.token ?? '');
  await page.keyboard.press('Enter');
  await page.waitForURL((to) => !to.pathname.endsWith('sign-in'));
};
const withAgents = (query = '', act?: Screen['act']) => ({
  path: async ({ url }: World) => `${url}${query}`,
  act: async (page: Page, world: World) => {
    await page.evaluate(
      (urls) => localStorage.setItem('scope.agents', JSON.stringify({ agents: urls.map((url) => ({ url })) })),
      world.agents,
    );
    await page.reload();
    await page.waitForTimeout(1500);
    await act?.(page, world);
  },
});

const map: Screen[] = ([5, 50, 1000, 10000] as const).flatMap((count): Screen[] => [
  { name: `map-${count}`, world: count, path: '/view/containers', settle: count > 1000 ? 4000 : 2500 },
]);

const views: Screen[] = [
  { name: 'start-nothing', world: 'nothing', path: '/start' },
  { name: 'start-kinds', world: 'kinds', path: '/start' },
  { name: 'map-nothing', world: 'nothing', path: '/view/containers' },
  ...map,
  { name: 'map-50-layers', world: 50, path: '/view/containers?arrange=layers' },
  { name: 'map-50-kind', world: 50, path: '/view/containers?colour=kind&cluster=compose_project' },
  { name: 'map-1000-open', world: 1000, path: '/view/containers?open=host%3Ahost-03&open=host-03' },
  { name: 'map-grouped', world: 50, path: '/view/containers?group_by=compose_project' },
  { name: 'map-hosts', world: 1000, path: '/view/hosts' },
  { name: 'map-problems', world: 50, path: '/view/containers?problems=1' },
  { name: 'map-kinds', world: 'kinds', path: '/view/containers?show=stopped' },
  { name: 'map-processes', world: 'kinds', path: '/view/processes' },
  {
    name: 'map-legend',
    world: 50,
    path: '/view/containers',
    act: (page) => page.locator('main details > summary').first().click(),
  },
  {
    name: 'map-display',
    world: 50,
    path: '/view/containers',
    act: (page) => page.locator('button[aria-haspopup]', { hasText: /display|darstellung|anzeige/i }).click(),
  },
  { name: 'table-50', world: 50, path: '/view/containers?as=table' },
  { name: 'table-10000', world: 10000, path: '/view/containers?as=table', settle: 4000 },
  { name: 'table-edges', world: 50, path: '/view/containers?as=table&rows=edges' },
  {
    name: 'table-columns',
    world: 50,
    path: '/view/containers?as=table',
    act: (page) => page.locator('main button[aria-haspopup]').first().click(),
  },
  { name: 'resources-50', world: 50, path: '/view/containers?as=resources' },
  { name: 'resources-kinds', world: 'kinds', path: '/view/processes?as=resources' },
];

const panels: Screen[] = [
  { name: 'panel-container', world: 'kinds', path: `/view/containers?${sel(Cluster.container('api'))}`, settle: 4000 },
  { name: 'panel-container-table', world: 'kinds', path: `/view/containers?as=table&${sel(Cluster.container('worker'))}`, settle: 4000 },
  { name: 'panel-exited', world: 'kinds', path: `/view/containers?show=stopped&${sel(Cluster.container('migrate'))}` },
  { name: 'panel-host', world: 'kinds', path: `/view/containers?${sel('host:alpha')}`, settle: 4000 },
  { name: 'panel-host-stale', world: 'kinds', path: `/view/hosts?${sel('host:gamma')}` },
  { name: 'panel-process', world: 'kinds', path: `/view/processes?${sel(Cluster.process(2))}` },
  { name: 'panel-image', world: 'kinds', path: `/view/images?${sel(Cluster.image('registry.example.org/shop/api:4.2.1'))}` },
  { name: 'panel-pod', world: 'kinds', path: `/view/containers?${sel(Cluster.pod('api'))}` },
  { name: 'panel-group', world: 50, path: '/view/containers?group_by=compose_project', act: (page) => groupPanel(page) },
  {
    name: 'panel-edge',
    world: 'kinds',
    path: `/view/containers?${sel(`edge:${Cluster.container('worker')}>${Cluster.container('db')}`)}`,
    settle: 4000,
  },
  { name: 'panel-stack', world: 'kinds', path: `/view/containers?${sel('host:alpha', Cluster.container('api'), Cluster.container('db'))}` },
  { name: 'panel-absent', world: 'kinds', path: `/view/containers?${sel('container:0000000000')}` },
  { name: 'panel-strange', world: 'kinds', path: `/view/containers?${sel('what?')}` },
];

async function groupPanel(page: Page) {
  await page.goto(`${page.url()}&as=table`);
  await page.getByRole('row').nth(2).click();
}

const finding: Screen[] = [
  { name: 'filter-begin', world: 50, path: '/view/containers', act: press('/') },
  { name: 'filter-completion', world: 50, path: '/view/containers?filter=app:web', act: press('/', 'state:') },
  { name: 'filter-text', world: 50, path: '/view/containers', act: press('/', 'cart') },
  { name: 'filter-error', world: 50, path: '/view/containers', act: press('/', 'cpu > fast') },
  { name: 'filter-error-in-link', world: 50, path: '/view/containers?filter=cpu%20%3E%20fast' },
  { name: 'filter-none', world: 50, path: '/view/containers?filter=nobody' },
  {
    name: 'filter-many',
    world: 50,
    path: '/view/containers?filter=app:web%20-project:nightly%20cpu%20%3E%200.1%20state:running%20label.team=shop',
  },
  { name: 'filter-help', world: 50, path: '/view/containers', act: (page) => page.locator('[role=search] > button').last().click() },
  { name: 'palette', world: 50, path: '/view/containers', act: press('Control+k') },
  { name: 'palette-found', world: 50, path: '/view/containers', act: press('Control+k', 'web') },
  { name: 'palette-nothing', world: 50, path: '/view/containers', act: press('Control+k', 'qqqq') },
  { name: 'keys', world: 50, path: '/view/containers', act: press('?') },
  { name: 'why', world: 50, path: '/view/containers?filter=cpu%20%3E%2030', act: why },
  { name: 'menu', world: 50, path: '/view/containers', act: menu },
  {
    name: 'group-menu',
    world: 50,
    path: '/view/containers',
    act: (page) => page.locator('header button[aria-haspopup=menu]').first().click(),
  },
  {
    name: 'view-select',
    world: 50,
    path: '/view/containers',
    act: (page) => page.locator('header button[aria-haspopup=listbox]').first().click(),
  },
];

async function why(page: Page) {
  await page.keyboard.press('Control+k');
  await page.waitForTimeout(600);
  await page.keyboard.type(/Deutsch|de/.test((await page.locator('html').getAttribute('lang')) ?? '') ? 'warum' : 'why');
  await page.waitForTimeout(600);
  await page.keyboard.press('Enter');
  await page.waitForTimeout(600);
  await page.keyboard.type('queue');
  await page.keyboard.press('Enter');
}

const states: Screen[] = [
  { name: 'paused', world: 50, path: '/view/containers', act: press('p') },
  { name: 'paused-table', world: 50, path: '/view/containers?as=table', act: press('p') },
  {
    name: 'offline',
    world: 5,
    path: '/view/containers',
    act: (_, world) => world.server!.stop(),
    settle: 4000,
    undo: (world) => world.server!.begin(),
  },
  {
    name: 'offline-panel',
    world: 'kinds',
    path: `/view/containers?${sel(Cluster.container('api'))}`,
    act: (_, world) => world.server!.stop(),
    settle: 4000,
    undo: (world) => world.server!.begin(),
  },
  {
    name: 'offline-agents',
    world: 5,
    path: '/agents',
    act: (_, world) => world.server!.stop(),
    settle: 8000,
    undo: (world) => world.server!.begin(),
  },
  {
    name: 'loading',
    world: 5,
    path: '/view/containers',
    act: async (page) => {
      await page.route(/\/api\//, () => undefined);
      await page.routeWebSocket(/subscribe/, () => undefined);
      await page.reload();
    },
  },
  { name: 'refused-view', world: 5, path: '/view/no-such-view' },
  { name: 'no-page', world: 5, path: '/no/such/page' },
  {
    name: 'part-failed',
    world: 5,
    path: '/view/containers',
    act: async (page) => {
      await page.route(/_app\/immutable/, (route) => route.abort());
      await page.keyboard.press('t');
    },
  },
];

const pages: Screen[] = [
  { name: 'agents', world: 'kinds', path: '/agents', settle: 2500 },
  { name: 'agents-open', world: 'kinds', path: '/agents', act: (page) => page.locator('main [aria-expanded]').first().click() },
  { name: 'agents-many', world: 10000, path: '/agents' },
  { name: 'agents-none', world: 'nothing', path: '/agents' },
  {
    name: 'problems',
    world: 'kinds',
    path: '/view/containers',
    act: (page) => page.locator('footer button[aria-haspopup=dialog]').first().click(),
  },
  { name: 'sign-in', world: 'locked', path: '/' },
  {
    name: 'sign-in-wrong',
    world: 'locked',
    path: '/sign-in',
    act: async (page) => {
      await page.locator('input[type=password]').fill('scope_admin_wrong');
      await page.keyboard.press('Enter');
    },
  },
  {
    name: 'access-tokens',
    world: 'locked',
    path: '/start',
    act: async (page, world) => {
      await signedIn(page, world);
      await menu(page);
      await page.locator('[role=menuitem]', { has: page.locator('.lucide-key-round') }).click();
    },
  },
  {
    name: 'access-token-made',
    world: 'locked',
    path: '/start',
    act: async (page, world) => {
      await signedIn(page, world);
      await menu(page);
      await page.locator('[role=menuitem]', { has: page.locator('.lucide-key-round') }).click();
      await page.locator('[role=dialog] form input').first().fill('grafana');
      await page.locator('[role=dialog] form button[type=submit]').first().click();
    },
  },
  {
    name: 'access-enrolments',
    world: 'locked',
    path: '/start',
    act: async (page, world) => {
      await signedIn(page, world);
      await menu(page);
      await page.locator('[role=menuitem]', { has: page.locator('.lucide-key-round') }).click();
      await page.locator('[role=dialog] [role=tab]').nth(1).click();
    },
  },
  {
    name: 'start-admin',
    world: 'locked',
    path: '/start',
    act: async (page, world) => {
      await signedIn(page, world);
      await page.goto(`${world.url}/start`);
    },
  },
];

const hosts: Screen[] = [
  { name: 'hosts-none', world: 'no agent', path: '' },
  { name: 'hosts-one', world: 'an agent', ...withAgents(), settle: 4000 },
  { name: 'hosts-three', world: 'three agents', ...withAgents(), settle: 4000 },
  { name: 'hosts-bad', world: 'bad agents', ...withAgents(), settle: 9000 },
  {
    name: 'hosts-help',
    world: 'bad agents',
    ...withAgents('', async (page) => page.locator('details summary').first().click()),
    settle: 9000,
  },
  { name: 'hosts-compare', world: 'three agents', ...withAgents('?look=compare'), settle: 5000 },
  { name: 'hosts-debug', world: 'three agents', ...withAgents('?debug=true'), settle: 4000 },
  {
    name: 'hosts-panel',
    world: 'three agents',
    ...withAgents('', async (page) => page.locator('[data-at="0"]').first().click()),
    settle: 4000,
  },
  {
    name: 'hosts-add',
    world: 'an agent',
    ...withAgents('', async (page) => {
      await page.keyboard.press('a');
      await page.waitForTimeout(500);
      await page.keyboard.type('host-a, ftp://x');
    }),
  },
  {
    name: 'hosts-menu',
    world: 'an agent',
    ...withAgents('', async (page) => page.locator('header button[aria-haspopup=menu]').last().click()),
  },
  { name: 'hosts-keys', world: 'an agent', ...withAgents('', async (page) => page.keyboard.press('?')) },
  { name: 'hosts-search-none', world: 'three agents', ...withAgents('?q=nobody') },
  { name: 'hosts-proposal', world: 'no agent', path: async ({ url }) => `${url}?agents=10.1.2.3:8080,ftp://x` },
  {
    name: 'hosts-https',
    world: 'tls',
    unsigned: true,
    path: async ({ url }) => `${url}/hosts/`,
    act: async (page, world) => {
      await withAgents().act(page, { ...world, agents: ['ws://10.1.2.3:8080/', 'ws://192.0.2.7/'] });
      await page.locator('details summary').first().click();
    },
    settle: 3000,
  },
  { name: 'hosts-https-none', world: 'tls', unsigned: true, path: async ({ url }) => `${url}/hosts/` },
];

export const SCREENS: Screen[] = [...views, ...panels, ...finding, ...states, ...pages, ...hosts];
