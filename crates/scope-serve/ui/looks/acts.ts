// What is done on a page until it shows what is to be looked at: keys, clicks, signing in, servers that go away. Which screen does what is in screens.ts.
import type { Page } from '@playwright/test';
import type { World } from './worlds';

export type Act = (page: Page, world: World) => Promise<unknown>;

export const inOrder =
  (...acts: Act[]): Act =>
  async (page, world) => {
    for (const act of acts) {
      await act(page, world);
      await page.waitForTimeout(600);
    }
  };

/** Keys by their names, and words to be typed. */
export const press =
  (...keys: string[]): Act =>
  async (page) => {
    for (const key of keys) await (key.length > 1 && !/^[A-Z]/.test(key) ? page.keyboard.type(key) : page.keyboard.press(key));
  };

export const click =
  (selector: string, hasText?: RegExp): Act =>
  (page) =>
    page
      .locator(selector, hasText ? { hasText } : {})
      .first()
      .click();
export const clickLast =
  (selector: string): Act =>
  (page) =>
    page.locator(selector).last().click();
const fill =
  (selector: string, text: (world: World) => string): Act =>
  (page, world) =>
    page.locator(selector).first().fill(text(world));

export const menu = clickLast('header button[aria-haspopup=menu]');

/** Why something is not in the view, asked in the palette: in the words of the page's language. */
export const why = (what: string): Act =>
  inOrder(
    press('Control+k'),
    async (page) => page.keyboard.type((await page.locator('html').getAttribute('lang')) === 'de' ? 'warum' : 'why'),
    press('Enter'),
    press(what, 'Enter'),
  );

/** Opens what is in the middle of the map, as a click does. */
export const openCluster: Act = inOrder((page) => page.getByRole('application').focus(), press('ArrowRight', 'Enter'));

/** Goes to a page whose script does not arrive. */
export const losePage: Act = inOrder(
  clickLast('header button[aria-haspopup=menu]'),
  (page) => page.route(/_app\/immutable/, (route) => route.abort()),
  click('[role=menuitem]:has(.lucide-radio)'),
);

export const openGroup: Act = async (page) => {
  await page.goto(`${page.url()}&as=table`);
  await page.getByRole('row').nth(2).click();
};

/** Signs in with a token, and goes on to where the screen is. */
export const signIn =
  (token: (world: World) => string | undefined, path: string): Act =>
  async (page, world) => {
    await page.goto(`${world.url}/sign-in`);
    await page.locator('input[type=password]').fill(token(world) ?? '');
    await page.keyboard.press('Enter');
    await page.waitForURL((to) => !to.pathname.endsWith('sign-in'));
    await page.goto(world.url + path);
    await page.waitForTimeout(800);
  };
export const wrongToken = inOrder(
  fill('input[type=password]', () => 'scope_admin_wrong'),
  press('Enter'),
);
export const asAdmin = signIn(({ server }) => server?.token, '/start');
export const access = inOrder(asAdmin, menu, click('[role=menuitem]:has(.lucide-key-round)'));
export const makeToken = inOrder(
  access,
  fill('[role=dialog] form input', () => 'grafana'),
  click('[role=dialog] form button[type=submit]'),
);

export const stopServer: Act = (_, { server }) => server!.stop();
export const startServer = ({ server }: World): Promise<unknown> => server!.begin();

/** Nothing answers, and nothing refuses either. */
export const hangServer: Act = async (page) => {
  await page.route(/\/api\//, () => undefined);
  await page.routeWebSocket(/subscribe/, () => undefined);
  await page.reload();
};
export const loseParts: Act = async (page) => {
  await page.route(/_app\/immutable/, (route) => route.abort());
  await page.keyboard.press('t');
};

export const revokeViewer: Act = (_, { server, viewer }) =>
  fetch(`${server!.url}/api/v1/tokens/${viewer!.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${server!.token}` } });

export const endContainer =
  (name: string): Act =>
  (_, { cluster }) =>
    Promise.resolve(cluster!.ended.add(name));
export const bringBack =
  (name: string) =>
  ({ cluster }: World): Promise<unknown> =>
    Promise.resolve(cluster!.ended.delete(name));

/** Puts agents into the list that the hosts page keeps. */
export const withAgents =
  (act?: Act, agents?: string[]): Act =>
  async (page, world) => {
    await page.evaluate(
      (urls) => localStorage.setItem('scope.agents', JSON.stringify({ agents: urls.map((url) => ({ url })) })),
      agents ?? world.agents,
    );
    await page.reload();
    await page.waitForTimeout(1500);
    await act?.(page, world);
  };
