// A view as a table and as bars, and panels: sorting, columns, taking it away, keys, links from one to the next, and names that mean harm.
import { readFileSync } from 'node:fs';
import { expect, test } from './fixture';

test('the table sorts, opens panels by keys, and keeps it all in the link', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  const grid = page.getByRole('grid');
  await expect(grid).toHaveAttribute('aria-rowcount', /^\d\d$/);
  const header = (name: string) => grid.getByRole('columnheader', { name, exact: true });
  await header('Name').getByRole('button').click();
  await expect(header('Name')).toHaveAttribute('aria-sort', 'ascending');
  await expect(page).toHaveURL(/sort=name/);
  await header('Name').getByRole('button').click();
  await expect(header('Name')).toHaveAttribute('aria-sort', 'descending');

  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'Details of what is selected' });
  await expect(panel.getByRole('heading', { level: 2 })).toBeVisible();
  await expect(page).toHaveURL(/sel=/);

  await page.reload();
  await expect(panel.getByRole('heading', { level: 2 })).toBeVisible();
  await expect(header('Name')).toHaveAttribute('aria-sort', 'descending');
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
});

test('columns are chosen and kept', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  const grid = page.getByRole('grid');
  await expect(grid.getByRole('columnheader', { name: 'Image', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page
    .getByRole('dialog', { name: 'Columns' })
    .getByRole('checkbox', { name: /^Image/ })
    .uncheck();
  await expect(grid.getByRole('columnheader', { name: 'Image', exact: true })).toHaveCount(0);
  await page.reload();
  await expect(grid.getByRole('columnheader', { name: 'Name', exact: true })).toBeVisible();
  await expect(grid.getByRole('columnheader', { name: 'Image', exact: true })).toHaveCount(0);
});

test('the table is taken away as CSV', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  await expect(page.getByRole('grid')).toBeVisible();
  await page.getByRole('button', { name: 'Export' }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Download CSV' }).click();
  const file = await coming;
  expect(file.suggestedFilename()).toBe('containers.csv');
  const text = readFileSync(await file.path(), 'utf8');
  expect(text).toMatch(/^id,name,/);
  expect(text.split('\r\n').length).toBeGreaterThan(10);
});

test('a hostile name is text in the table and in its panel', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table&sort=name`);
  const row = page.getByRole('row').filter({ hasText: '<img src=x' }).first();
  await row.click();
  const heading = page.getByRole('complementary').getByRole('heading', { level: 2 });
  await expect(heading).toContainText('<img src=x onerror=alert(1)>');
  await expect(heading).toContainText('\\u{202e}');
  await expect(page.locator('main img')).toHaveCount(0);
});

test('panels lead from one to the next', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table&rows=edges`);
  const grid = page.getByRole('grid');
  await grid.getByRole('row').nth(1).click();
  const panel = page.getByRole('complementary', { name: 'Details of what is selected' });
  await expect(panel.getByText('Connection', { exact: true })).toBeVisible();
  await panel.getByRole('heading', { level: 2 }).getByRole('link').first().click();
  await expect(panel.getByText('Use', { exact: true })).toBeVisible();
  await expect(panel.getByRole('navigation', { name: 'Open panels' }).getByRole('listitem')).toHaveCount(2);
  await panel.getByRole('button', { name: 'Read now' }).click();
  await expect(panel.getByText(/is not connected|needs a token/)).toBeVisible();
});

test('resources of few hosts are open, and close to a row for each', async ({ page, fleetServer }) => {
  // All rows are in the document.
  await page.setViewportSize({ width: 1280, height: 1600 });
  await page.goto(`${fleetServer.url}/view/containers?as=resources`);
  const grid = page.getByRole('treegrid');
  await expect.poll(() => grid.getByRole('row').count()).toBeGreaterThan(20);
  await grid.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(/open=-host/);
  // Hosts stand in the order of what they use: which of them is first may be another one at any time.
  const name = /open=-host(?::|%3A)(host-\d+)/.exec(page.url())?.[1];
  const host = grid.getByRole('row').filter({ has: page.getByRole('rowheader').getByText(name!, { exact: true }) });
  await expect(host).toHaveAttribute('aria-expanded', 'false');
  // Keys act on the row they acted on before, wherever that is by now.
  await page.keyboard.press('ArrowRight');
  await expect(host).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowLeft');
  await expect(host).toHaveAttribute('aria-expanded', 'false');
  await page.reload();
  await expect(host).toHaveAttribute('aria-expanded', 'false');
  await host.getByRole('button', { name: 'Open' }).click();
  await expect(host).toHaveAttribute('aria-expanded', 'true');
});

test('a filter that takes nothing says why, and what would match', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table&filter=stae:running`);
  await expect(page.getByText('There is no field “stae”.')).toBeVisible();
  await page.getByRole('button', { name: 'Did you mean “state”?' }).click();
  await expect(page).toHaveURL(/filter=state(:|%3A)running/);
  await expect(page.getByRole('grid')).toBeVisible();

  // Its only container of this name on this host has stopped.
  await page.goto(`${fleetServer.url}/view/containers?as=table&filter=${encodeURIComponent('name=observability-grafana-1 host=host-00')}`);
  await expect(page.getByText(/^1 stopped container matches/)).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page).toHaveURL(/show=stopped/);
  await expect(page.getByText('1 row', { exact: true })).toBeVisible();

  // What narrows nothing down is doubtful all the same.
  await page.goto(`${fleetServer.url}/view/containers?as=table&filter=-stae:running`);
  await expect(page.getByRole('status').filter({ hasText: 'There is no field “stae”.' })).toBeVisible();
});

test('a term that has an id is told by its name', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  await page.getByRole('row').filter({ hasText: 'shop-web-1' }).first().click();
  const panel = page.getByRole('complementary', { name: 'Details of what is selected' });
  await panel.getByRole('link', { name: 'Its processes' }).click();
  await expect(page).toHaveURL(/filter=parents/);
  const term = page.getByRole('search').getByText('parents=shop-web-1', { exact: true });
  await expect(term).toBeVisible();
  await page.reload();
  await expect(term).toBeVisible();
});
