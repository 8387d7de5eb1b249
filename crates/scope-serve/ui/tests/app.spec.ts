// The app as a whole on a fleet that is made up: views, filters in the URL, a server that is started again, other origins.
import { expect, test } from './fixture';

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
  await page.getByRole('main').getByRole('button', { name: 'Try now' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'shop-api' }).first()).toBeVisible();
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
