// The page in states that are rare: below a base path, and where reading needs credentials.
import { accessibilityFaults, expect, test } from './fixture';
import { Fleet } from './fleet';
import { Server } from './server';

test('everything lies below the base path, parts that are loaded later too', async ({ page }) => {
  const server = await Server.start('--no-collect', '--base-path', '/a/scope');
  await new Fleet(1, 12).report(server);
  const outside: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && !url.pathname.startsWith('/a/scope')) outside.push(url.pathname);
  });
  expect(server.url).toMatch(/\/a\/scope$/);
  await page.goto(`${server.url}/`);
  await expect(page).toHaveURL(/\/a\/scope\/view\/containers$/);
  await page.getByRole('radio', { name: 'Table' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'shop-api' })).toBeVisible();
  await page.reload();
  await page.getByRole('row').filter({ hasText: 'shop-api' }).click();
  await expect(page.getByRole('complementary').filter({ hasText: 'shop/api:4.2' }).last()).toBeVisible();
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('menuitem', { name: 'Agents' }).click();
  await expect(page).toHaveURL(/\/a\/scope\/agents$/);
  await page.goto(`${server.url}/hosts`);
  await expect(page.getByRole('button', { name: /Add/ }).first()).toBeVisible();
  expect(outside).toEqual([]);
  await server.end();
});

test('without a session one signs in first, and is back where one was', async ({ page }) => {
  // It listens where others reach it, and so wants credentials of everybody.
  const server = await Server.start('--no-collect', '--insecure');
  const fleet = new Fleet(1, 12);
  await fleet.report(server);
  const stop = fleet.run(server);
  await page.goto(`${server.url}/view/containers?as=table&filter=shop`);
  await expect(page).toHaveURL(/\/sign-in\?back=/);
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByLabel('Token').fill('scope_admin_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('status')).toContainText(/not/i);
  await page.getByLabel('Token').fill(server.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/view\/containers\?as=table&filter=shop$/);
  await expect(page.getByRole('row').filter({ hasText: 'shop-api' }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await stop();
  await server.end();
});

test('an address that leads nowhere says so, and leads on', async ({ page, fleetServer }) => {
  const answer = await page.goto(`${fleetServer.url}/no/such/page`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('link', { name: 'To the containers' }).click();
  await expect(page).toHaveURL(/\/view\/containers$/);

  await page.goto(`${fleetServer.url}/view/no-such-view`);
  await expect(page.getByText('The server does not show this')).toBeVisible();
  await page.goto(`${fleetServer.url}/view/containers?sel=what`);
  await expect(page.getByText('what is not there')).toBeVisible();
});

test('a page that lost its stylesheet is loaded again', async ({ page, emptyServer, faults }) => {
  let documents = 0;
  page.on('request', (request) => (documents += Number(request.isNavigationRequest())));
  await page.route(/\.css$/, (route) => (documents <= 1 ? route.abort('failed') : route.continue()));
  await page.goto(`${emptyServer.url}/start`, { waitUntil: 'commit' });
  await expect.poll(() => documents).toBe(2);
  await expect(page.locator('body')).not.toHaveCSS('background-color', 'rgba(0, 0, 0, 0)');
  expect(faults).toEqual([]);
});

test('a page that cannot be loaded tries again by itself, and then says so', async ({ page, emptyServer, faults }) => {
  let [documents, broken] = [0, 1];
  page.on('request', (request) => (documents += Number(request.isNavigationRequest())));
  await page.route(/\/_app\/immutable\/entry\/start/, (route) => (documents <= broken ? route.abort('failed') : route.continue()));
  await page.goto(`${emptyServer.url}/start`, { waitUntil: 'commit' });
  await expect(page.getByRole('heading').first()).toBeVisible();
  expect(documents).toBe(2);
  await page.waitForLoadState('networkidle');
  broken = 3;
  await page.goto(`${emptyServer.url}/start`, { waitUntil: 'commit' });
  await expect(page.getByRole('alert')).toContainText('could not be loaded');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading').first()).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(faults).toEqual([]);
});

test('agents of a server that is away are what they were', async ({ page }) => {
  const server = await Server.start('--no-collect');
  await new Fleet(2, 4).report(server);
  await page.goto(`${server.url}/agents`);
  const row = page.getByRole('row').filter({ hasText: 'host-00' });
  await expect(row.getByText('live', { exact: true })).toBeVisible();
  await server.stop();
  await expect(page.getByRole('alert')).toContainText('You see the state of');
  await expect(row.getByText('was live')).toBeVisible();
  await expect(row.getByText('live', { exact: true })).toHaveCount(0);
  expect(await accessibilityFaults(page)).toEqual([]);
  await server.begin();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await server.end();
});
