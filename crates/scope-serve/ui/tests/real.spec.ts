// What the page shows of this machine's real containers, as they come, connect, stop and go: seen by `scope serve` alone, with nothing made up.
import { Containers } from './docker';
import { expect, test as base } from './fixture';
import { HOSTILE } from './fleet';
import { Server } from './server';

const test = base.extend<{ server: Server; containers: Containers }>({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.end();
  },
  containers: async ({}, use) => {
    const containers = new Containers();
    await use(containers);
    containers.removeAll();
  },
});

test.skip(!Containers.available, 'needs an image: run it through the test suite');

test('a container appears as it starts, its connection as it is made, its state as it stops', async ({ page, server, containers }) => {
  const web = containers.name('web');
  const client = containers.name('client');
  await page.goto(`${server.url}/view/containers?as=table&filter=name:${containers.name('')}`);
  await expect(page.getByRole('button', { name: /Clear/ }).first()).toBeVisible();

  const id = containers.run('web', ['--label', `note=${HOSTILE}`], 'httpd', '-f', '-p', '80', '-h', '/');
  const row = page.getByRole('row').filter({ hasText: web });
  await expect(row).toBeVisible();
  await expect(row).toContainText('running');

  const address = containers.docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', id);
  containers.run('client', [], 'sh', '-c', `while :; do wget -q -O /dev/null http://${address}/; sleep 0.5; done`);
  await expect(page.getByRole('row').filter({ hasText: client })).toBeVisible();

  // The panel of the one says that the other calls it.
  await row.click();
  const panel = page.getByRole('complementary').filter({ hasText: web });
  await expect(panel).toContainText(client);
  await expect(panel).toContainText('80');
  await expect(panel).toContainText('note');

  // The same on the map: what is drawn is said in words to those who do not see it.
  await page.keyboard.press('Escape');
  await page.goto(`${server.url}/view/containers?filter=name:${containers.name('')}`);
  await expect(page.locator('canvas').first()).toBeVisible();

  await page.goto(`${server.url}/view/containers?as=table&show=stopped&filter=name:${containers.name('')}`);
  await expect(row).toContainText('running');
  containers.docker('stop', id);
  await expect(row).toContainText('exited');
});

test('drills from a host to its containers to their processes', async ({ page, server, containers }) => {
  containers.run('drill', [], 'sleep', '3600');
  await page.goto(`${server.url}/view/hosts?as=table`);
  await page.getByRole('row').nth(1).click();
  const name = containers.name('drill');
  await page.goto(`${server.url}/view/containers?as=table&filter=name:${name}`);
  await page.getByRole('row').filter({ hasText: name }).click();
  const panel = page.getByRole('complementary').filter({ hasText: name });
  await panel
    .getByRole('link', { name: /sleep/ })
    .or(panel.getByRole('button', { name: /sleep/ }))
    .first()
    .click();
  await expect(page.getByRole('complementary').filter({ hasText: /sleep 3600|PID/ })).toBeVisible();
});

test('comes back by itself when the server is started again, and to the same place', async ({ page, server, containers }) => {
  const name = containers.name('stays');
  containers.run('stays', [], 'sleep', '3600');
  await page.goto(`${server.url}/view/containers?as=table&filter=name:${name}`);
  const row = page.getByRole('row').filter({ hasText: name });
  await expect(row).toBeVisible();
  const link = page.url();
  await server.stop();
  await expect(page.getByText(/does not answer|connection broke|Offline/i).first()).toBeVisible();
  // What was known stays on the screen.
  await expect(row).toBeVisible();
  await server.begin();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(row).toBeVisible();
  expect(page.url()).toBe(link);
});
