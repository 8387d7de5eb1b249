// Figures that nothing on the page shows stay with the server, and come when somebody chooses them: as a column, as the size of the map, in a file.
import { readFileSync } from 'node:fs';
import { expect, test } from './fixture';
import { MapOnPage } from './map-on-page';

test('a figure comes with its column, and is there after that', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  let sockets = 0;
  page.on('websocket', (socket) => (sockets += Number(new URL(socket.url()).searchParams.has('view'))));
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  const grid = page.getByRole('grid');
  await expect(grid.getByRole('columnheader', { name: 'CPU', exact: true })).toBeVisible();
  await expect(grid.getByRole('columnheader', { name: 'Received', exact: true })).toBeVisible();
  // What every page needs comes from the beginning, also of whoever was never here.
  for (const name of ['cpu_pct', 'mem_bytes', 'rx_bytes_per_sec']) expect(map.graph.metrics).toContain(name);
  expect(sockets).toBe(1);
  expect(map.graph.metrics).not.toContain('mem_cache_bytes');
  expect(map.graph.otherMetrics).toContain('mem_cache_bytes');

  await page.getByRole('button', { name: 'Columns' }).click();
  const columns = page.getByRole('dialog', { name: 'Columns' });
  await columns.getByRole('checkbox', { name: /^Page cache/ }).check();
  await page.keyboard.press('Escape');
  const header = grid.getByRole('columnheader', { name: 'Page cache', exact: true });
  await expect(header).toBeVisible();
  await expect(grid.getByText('3.0 MiB').first()).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await header.getByRole('button').click();
  await expect(header).toHaveAttribute('aria-sort', 'descending');

  // What is kept in the browser is asked for from the beginning: one snapshot, not two.
  sockets = 0;
  await page.reload();
  await expect(grid.getByText('3.0 MiB').first()).toBeVisible();
  expect(sockets).toBe(1);
});

test('while it is paused nothing moves, and what was chosen comes when it goes on', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  const grid = page.getByRole('grid');
  await expect(grid.getByRole('columnheader', { name: 'CPU', exact: true })).toBeVisible();
  await page.keyboard.press('p');
  await expect(page.getByText('Paused', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page
    .getByRole('dialog', { name: 'Columns' })
    .getByRole('checkbox', { name: /^Page cache/ })
    .check();
  await page.keyboard.press('Escape');
  await expect(grid.getByRole('columnheader', { name: 'Page cache', exact: true })).toBeVisible();
  await expect(grid.getByText('3.0 MiB')).toHaveCount(0);
  await page.keyboard.press('p');
  await expect(grid.getByText('3.0 MiB').first()).toBeVisible();
});

test('a panel stands still as the rest does, and says of when it is', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  const panel = page.getByRole('complementary', { name: 'Details of what is selected' });
  // Its network moves with each report.
  const figures = () => panel.getByRole('button').filter({ hasText: 'Network' }).innerText();
  await page.getByRole('row').filter({ hasText: 'shop-web-1' }).first().click();
  const before = await figures();
  await expect.poll(figures).not.toBe(before);
  await page.keyboard.press('p');
  await expect(panel.getByText(/^As of \d\d:\d\d:\d\d: paused$/)).toBeVisible();
  const held = await figures();
  await page.waitForTimeout(3000);
  expect(await figures()).toBe(held);

  // One that is opened meanwhile is of when it was opened, and stays so.
  // The panel covers a part of the row.
  await page.getByRole('row').filter({ hasText: 'shop-api-1' }).first().getByText('shop-api-1').dispatchEvent('click');
  await expect(panel.getByRole('heading', { level: 2 })).toContainText('shop-api-1');
  await expect(panel.getByText(/^As of \d\d:\d\d:\d\d: paused$/)).toBeVisible();
  const opened = await figures();
  await page.waitForTimeout(3000);
  expect(await figures()).toBe(opened);
  await page.keyboard.press('p');
  await expect.poll(figures).not.toBe(opened);
  await expect(panel.getByText(/: paused$/)).toHaveCount(0);
});

test('the size of the map and the map as data have figures that nothing else shows', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}/view/containers`);
  expect(map.graph.metrics).not.toContain('mem_cache_bytes');
  await page.getByRole('button', { name: 'Download' }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'JSON' }).click();
  const data = JSON.parse(readFileSync(await (await coming).path(), 'utf8')) as { nodes: { metrics: Record<string, number> }[] };
  expect(data.nodes.some((node) => node.metrics['mem_cache_bytes'] === 3 * 2 ** 20)).toBe(true);

  const other = new MapOnPage(await page.context().newPage());
  await other.open(`${fleetServer.url}/view/containers`);
  expect(other.graph.metrics).not.toContain('mem_cache_bytes');
  await other.page.getByRole('button', { name: /^Size/ }).click();
  await other.page.getByRole('option', { name: 'Page cache' }).click();
  await expect(other.page).toHaveURL(/metric=mem_cache_bytes/);
  await expect.poll(() => other.graph.metrics).toContain('mem_cache_bytes');
  await other.drawn();
});
