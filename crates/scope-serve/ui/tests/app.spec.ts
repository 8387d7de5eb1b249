// The app as a whole on a fleet that is made up: views, filters in the URL, a server that is started again, other origins.
import { accessibilityFaults, expect, test } from './fixture';

test('opens on the containers without a word of configuration', async ({ page, fleetServer }) => {
  await page.goto(fleetServer.url);
  await expect(page).toHaveURL(/\/view\/containers$/);
  await expect(page.locator('main')).toBeVisible();
});

test('says so when a part of the page cannot be loaded, and tries again when asked', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers`);
  // What is shown is there: without the table's code, there would be nothing else to say.
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.context().setOffline(true);
  await page.getByRole('radio', { name: 'Table' }).click();
  await expect(page.getByText('This part of the page could not be loaded')).toBeVisible();
  await page.context().setOffline(false);
  await page.getByRole('main').getByRole('button', { name: 'Load again' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'shop-api' }).first()).toBeVisible();
});

test('says so when a menu or a dialog cannot be loaded, where it would be, and loads again when asked', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.context().setOffline(true);
  const alert = page.getByRole('alert').filter({ hasText: 'This part of the page could not be loaded' });
  await page.keyboard.press('Control+k');
  await expect(alert).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(alert).toHaveCount(0);
  await page.getByRole('button', { name: 'Menu' }).click();
  await expect(alert).toBeVisible();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(alert).toHaveCount(0);
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.context().setOffline(false);
  await alert.getByRole('button', { name: 'Load again' }).click();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Menu' }).click();
  await expect(page.getByRole('menuitem', { name: 'Agents' })).toBeVisible();
});

test('says so when a whole page cannot be loaded, and goes there when asked', async ({ page, fleetServer, faults }) => {
  await page.goto(`${fleetServer.url}/view/containers`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.context().setOffline(true);
  await page.getByRole('menuitem', { name: 'Agents' }).click();
  await expect(page.getByRole('heading', { name: 'This part of the page could not be loaded' })).toBeVisible();
  await page.context().setOffline(false);
  await page.getByRole('main').getByRole('button', { name: 'Load again' }).click();
  await expect(page).toHaveURL(/\/agents$/);
  await expect(page.getByText('host-00').first()).toBeVisible();
  expect(faults).toEqual([]);
});

test('parts of the page scroll, the page itself does not', async ({ page, fleetServer }) => {
  await page.setViewportSize({ width: 1280, height: 420 });
  const scrolls = () => page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
  // A node's panel has the longest list, with words for those alone who do not see it: they must not lie below the page.
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  await page.getByRole('row').filter({ hasText: 'shop-api' }).first().click();
  await expect(page.getByRole('complementary').last().getByText('Its processes')).toBeVisible();
  // What the view knows is shown until the whole node has come, and then gives way to it.
  await expect(() =>
    page.getByRole('complementary').last().getByText('Details').first().scrollIntoViewIfNeeded({ timeout: 1000 }),
  ).toPass();
  expect(await scrolls()).toBe(0);
  for (const path of ['agents', 'start']) {
    await page.goto(`${fleetServer.url}/${path}`);
    await expect(page.getByText('host-00').first()).toBeVisible();
    expect(await scrolls(), path).toBe(0);
  }
});
