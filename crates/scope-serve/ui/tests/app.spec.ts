// The app as a whole on a fleet that is made up: views, filters in the URL, a server that is started again, other origins.
import { expect, test } from './fixture';

test('opens on the containers without a word of configuration', async ({ page, fleetServer }) => {
  await page.goto(fleetServer.url);
  await expect(page).toHaveURL(/\/view\/containers$/);
  await expect(page.locator('main')).toBeVisible();
});
