// The pictures of README and manual, of fleets that are made up: `npm run pictures`.
import { fileURLToPath } from 'node:url';
import { test, type Browser, type Page } from '@playwright/test';
import { Cluster } from './cluster';
import { freshPage } from './fresh';
import { endWorlds, world } from './worlds';

const OUT = process.env['SCOPE_PICTURES'] ?? fileURLToPath(new URL('../../../../docs/pictures', import.meta.url));
const MINUTE = 60_000;

test.skip(!process.env['SCOPE_PICTURES'], 'SCOPE_PICTURES says where to');
test.setTimeout(8 * MINUTE);
test.afterAll(endWorlds);

async function look(browser: Browser, theme: string, url: string, settle = 5000, fresh = true): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await context.addInitScript((chosen) => localStorage.setItem('scope.theme', chosen), theme);
  if (fresh) await freshPage(context);
  const page = await context.newPage();
  await page.goto(url);
  // However busy the machine is: a map that is loading is no picture.
  if (/\/view\/\w+(?!.*as=)/.test(url)) await page.locator('[data-drawn]:not([data-drawn="0"])').waitFor({ timeout: MINUTE });
  await page.waitForTimeout(settle);
  return page;
}
const shot = (page: Page, name: string) => page.screenshot({ path: `${OUT}/${name}.png`, timeout: MINUTE });

test('map-light', async ({ browser }) => {
  const { url } = await world('shop');
  await shot(await look(browser, 'light', `${url}/view/containers`), 'map-light');
  await shot(await look(browser, 'dark', `${url}/view/containers?as=table`), 'table');
});

test('map-1000', async ({ browser }) => {
  const { url } = await world('shops');
  await shot(await look(browser, 'dark', `${url}/view/containers`), 'map-1000');
});

test('map', async ({ browser }) => {
  const { url } = await world('kinds');
  // Charts need something to show.
  await new Promise((resolve) => setTimeout(resolve, MINUTE));
  const panelOf = (name: string) => `${url}/view/containers?sel=${encodeURIComponent(Cluster.container(name))}`;
  await shot(await look(browser, 'dark', panelOf('api'), 8000), 'map');
  const page = await look(browser, 'light', panelOf('worker'), 8000);
  await page
    .locator('aside')
    .last()
    .screenshot({ path: `${OUT}/panel.png` });
  await shot(await look(browser, 'light', `${url}/start`, 3000), 'start');
});

test('hosts', async ({ browser }) => {
  const { url, agents } = await world('three agents');
  const page = await look(browser, 'dark', url, 1000, false);
  await page.evaluate(
    (all) => localStorage.setItem('scope.agents', JSON.stringify({ agents: all.map((each) => ({ url: each })) })),
    agents,
  );
  await page.reload();
  // Lines need something to show.
  await page.waitForTimeout(1.6 * MINUTE);
  await page.setViewportSize({ width: 1440, height: 640 });
  await page.waitForTimeout(1500);
  await shot(page, 'hosts');
});
