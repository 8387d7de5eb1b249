// The shell on a made-up fleet: finding, filtering, shortcuts, what a broken connection looks like, signing in. Names of the fleet are hostile.
import { accessibilityFaults, expect, inTheme, test, THEMES } from './fixture';

const filterLine = (page: import('@playwright/test').Page) => page.getByRole('combobox', { name: 'Filter' });

test('a filter is written, completed, checked, and in the link', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.keyboard.press('/');
  await expect(filterLine(page)).toBeFocused();

  await page.keyboard.type('state:ru');
  await expect(page.getByRole('option', { name: /running/ }).first()).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(filterLine(page)).toHaveValue('state:running ');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/filter=state%3Arunning/);
  await expect(page.getByRole('button', { name: 'Change state:running' })).toBeVisible();

  await page.keyboard.type('cpu > fast');
  await expect(page.getByRole('alert')).toContainText('Column 7');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/filter=state%3Arunning$/);

  await filterLine(page).fill('');
  await page.keyboard.press('Backspace');
  await expect(filterLine(page)).toHaveValue('state:running');
  await expect(page).not.toHaveURL(/filter=/);
});

test('values are chosen from lists, side by side', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  const sidebar = page.getByRole('complementary', { name: 'Choose' });
  const hosts = sidebar.locator('section', { has: page.getByRole('button', { name: /^Host/ }) }).getByRole('checkbox');
  await expect(hosts).toHaveCount(3);
  await hosts.nth(0).click();
  await expect(page).toHaveURL(/filter=host%3D/);
  await expect(hosts).toHaveCount(3);
  await hosts.nth(1).click();
  await expect(page).toHaveURL(/%28host%3D.*\+or\+host%3D.*%29/);
  await expect(page.getByRole('contentinfo', { name: 'Summary' })).toContainText('hidden');
  await page.reload();
  await expect(hosts.nth(0)).toBeChecked();
});

test('the palette goes anywhere, and ? lists what keys do', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('processes by');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/view\/processes-by-name/);

  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('Pause');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.keyboard.press('p');
  await expect(page.getByText(/Paused at .*: nothing moves/)).toBeVisible();
  await page.keyboard.press('p');
  await expect(page.getByText(/Paused at .*: nothing moves/)).toHaveCount(0);
  await page.keyboard.press('g');
  await expect(page.getByRole('radio', { name: 'Map' })).toBeChecked();
});

test('says why something is not there', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/containers?as=table&filter=kind%3Dhost`);
  await page.getByRole('combobox', { name: 'Filter' }).fill('nothing-is-called-this');
  await page.getByRole('option', { name: /not here/ }).click();
  await expect(page.getByRole('dialog')).toContainText('Unknown');
});

test('a server that ends leaves what was known, and is found again', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/hosts?as=table`);
  const summary = page.getByRole('contentinfo', { name: 'Summary' });
  await expect(summary).toContainText('3 nodes');
  await fleetServer.stop();
  await expect(page.getByRole('alert')).toContainText('No connection to the server');
  await expect(summary).toContainText('3 nodes');
  await fleetServer.begin();
  await page
    .getByRole('button', { name: 'Try now' })
    .click({ timeout: 5000 })
    .catch(() => undefined);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a page that meets a server with another one says so, and goes on', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/hosts?as=table`);
  const summary = page.getByRole('contentinfo', { name: 'Summary' });
  const again = page.getByRole('button', { name: 'Load again' });
  await expect(summary).toContainText('3 nodes');
  const comeBack = async () => {
    await fleetServer.stop();
    await expect(page.getByRole('alert')).toContainText('No connection to the server');
    const looked = page.waitForResponse(`${fleetServer.url}/`);
    await fleetServer.begin();
    await looked;
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
  };
  // The same server again is no news.
  await comeBack();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(again).toHaveCount(0);
  await page.route(`${fleetServer.url}/`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll(/entry\/app\.[\w-]+/g, 'entry/app.another') });
  });
  await comeBack();
  await expect(again).toBeVisible();
  await expect(summary).toContainText('3 nodes');
  expect(await accessibilityFaults(page)).toEqual([]);
  await again.click();
  await expect(summary).toContainText('3 nodes');
  await expect(again).toHaveCount(0);
});

test('a one-time code in a link signs in once, and leaves no trace', async ({ page, emptyServer }) => {
  await page.goto(`${emptyServer.url}/sign-in?back=%2Fagents#${emptyServer.code}`);
  await expect(page).toHaveURL(`${emptyServer.url}/agents`);
  await page.goto(`${emptyServer.url}/sign-in#${emptyServer.code}`);
  await expect(page.getByRole('status')).toContainText('does not work any more');
  expect(page.url()).not.toContain('scope_code_');
});

test('a token in a link signs nobody in', async ({ page, emptyServer }) => {
  await page.goto(`${emptyServer.url}/sign-in#${emptyServer.token}`);
  await expect(page.getByLabel('Token')).toBeVisible();
  expect(page.url()).not.toContain('scope_admin_');
  await page.getByLabel('Token').fill(emptyServer.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/start$/);
});

test('an administrator makes an enrolment and a token, each shown once', async ({ page, emptyServer }) => {
  await page.goto(`${emptyServer.url}/sign-in#${emptyServer.code}`);
  await expect(page).toHaveURL(/\/start$/);
  await page.getByRole('button', { name: 'Make an enrolment' }).click();
  await expect(page.getByText(/scope collect --push 'scope1:/)).toBeVisible();
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('menuitem', { name: 'Tokens and enrolments' }).click();
  await page.getByRole('textbox', { name: 'Name of the new token' }).fill('<img src=x onerror=alert(1)>');
  await page.getByRole('button', { name: 'Make a token' }).click();
  await expect(page.getByText(/scope_viewer_/)).toBeVisible();
  await page.getByRole('button', { name: /Revoke <img/ }).click();
  await page.getByRole('button', { name: /Revoke <img/ }).click();
  await expect(page.getByRole('button', { name: /Revoke <img/ })).toHaveCount(0);
});

test('an administrator forgets an agent that has ended', async ({ page, request, emptyServer }) => {
  const record = {
    record: 'node',
    agent: 'ended',
    run: '01a22407-1fb7-7339-97ae-36751eb86d05',
    seq: 1,
    source: 'host',
    at: new Date().toISOString(),
  };
  await request.post(`${emptyServer.url}/api/v1/records`, {
    headers: { Authorization: `Bearer ${emptyServer.token}`, 'Content-Type': 'application/x-ndjson' },
    data: `${JSON.stringify({ ...record, id: 'host:ended', kind: 'host', name: 'ended' })}\n`,
  });
  // It takes minutes until one is taken for gone: that alone is said in the server's place.
  await page.route('**/api/v1/agents', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll(/"state":"\w+"/g, '"state":"gone"') });
  });
  await page.goto(`${emptyServer.url}/sign-in?back=%2Fagents#${emptyServer.code}`);
  await page.getByRole('button', { name: /^ended gone/ }).click();
  await page.getByRole('button', { name: 'Forget ended' }).click();
  await page.getByRole('button', { name: 'Really forget: Forget ended' }).click();
  await expect(page.getByRole('button', { name: /^ended/ })).toHaveCount(0);
  expect(await (await request.get(`${emptyServer.url}/api/v1/agents`)).json()).toMatchObject({ agents: [] });
});

test('an unknown page says so', async ({ page, fleetServer }) => {
  await page.goto(`${fleetServer.url}/view/no-such-view`);
  await expect(page.getByRole('status').filter({ hasText: 'The server does not show this' })).toContainText('no-such-view');
});

for (const theme of THEMES) {
  test(`axe finds nothing in the theme ${theme}`, async ({ page, fleetServer }) => {
    // Six looks of axe take their time on a busy machine.
    test.slow();
    await inTheme(page, theme);
    await page.goto(`${fleetServer.url}/view/containers?as=table&filter=state%3Arunning`);
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('/');
    await page.keyboard.type('web');
    await expect(page.getByRole('option').first()).toBeVisible();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog')).toBeVisible();
    expect(await accessibilityFaults(page)).toEqual([]);
    for (const path of ['agents', 'start', 'sign-in']) {
      await page.goto(`${fleetServer.url}/${path}`);
      await expect(page.locator('main')).toBeVisible();
      await page.waitForTimeout(500);
      expect(await accessibilityFaults(page), path).toEqual([]);
    }
  });
}
