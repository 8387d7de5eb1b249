// The hosts page as files of any web server: three real agents of which one dies and returns, and agents that lie, flood and name their containers evilly.
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { Containers } from './docker';
import { FakeAgent } from './fake-agents.mjs';
import { files, type Files } from './files';
import { accessibilityFaults, expect, test as base, inTheme } from './fixture';
import { LiveAgent } from './live-agent';

const test = base.extend<{ site: Files }>({
  site: async ({}, use) => {
    const site = await files();
    await use(site);
    await site.end();
  },
});

const card = (page: Page, url: string) => page.locator(`[data-agent="${url}"]`);

async function add(page: Page, text: string) {
  await page.getByRole('banner').getByRole('button', { name: 'Add agents' }).click();
  await page.getByLabel('Addresses of agents').fill(text);
  await page.getByRole('button', { name: /and connect/ }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('banner').getByRole('button', { name: 'Add agents' })).toBeFocused();
}

async function fakes(...options: ConstructorParameters<typeof FakeAgent>[0][]) {
  const agents = options.map((each) => new FakeAgent(each));
  const urls = await Promise.all(agents.map((agent) => agent.listen()));
  return { agents, urls, end: () => Promise.all(agents.map((agent) => agent.close())) };
}

test('three real agents, of which one dies and returns', async ({ page, site }) => {
  test.skip(!Containers.available, 'needs an image: run it through the test suite');
  const containers = new Containers();
  const evil = '<img src=x onerror=alert(1)>';
  const tag = `page-${process.pid}`;
  const plain = [new LiveAgent('north'), new LiveAgent('south')] as const;
  const telling = new LiveAgent('west', ['--allow-origin', site.origin, '--expose', 'labels']);
  const agents = [...plain, telling];
  try {
    containers.run(`${tag}-busy`, ['--memory', '64m', '--label', `evil=${evil}`], 'sh', '-c', 'while :; do :; done');
    const idle = containers.run(`${tag}-idle`, [], 'sleep', '100000');
    for (const agent of agents) await agent.begin();

    await page.goto(site.url);
    await expect(page.getByText('scope collect --listen 0.0.0.0:8080')).toBeVisible();
    await add(page, `127.0.0.1:${agents[0]!.port}\nhttp://127.0.0.1:${agents[1]!.port}, ${agents[2]!.url}`);
    for (const agent of agents) {
      await expect(card(page, agent.url)).toHaveAttribute('data-state', 'live');
      await expect(card(page, agent.url).getByRole('heading', { name: agent.name })).toBeVisible();
      await expect(card(page, agent.url).locator('[data-at="0"]')).toContainText(`${tag}-busy`);
      await expect(
        card(page, agent.url)
          .locator('[data-at="0"]')
          .getByRole('gridcell', { name: /\d+(\.\d)?%/ }),
      ).toBeVisible();
    }
    await expect(page.getByTestId('summary')).toContainText('3 of 3 live');

    // One dies: the others do not notice.
    const [north, south] = plain;
    await north.end();
    await expect(card(page, north.url)).toHaveAttribute('data-state', 'disconnected');
    await expect(card(page, north.url)).toContainText(/Next attempt in \d+ s/);
    await expect(card(page, north.url)).toContainText(`${tag}-busy`);
    await expect(card(page, south.url)).toHaveAttribute('data-state', 'live');
    await expect(page.getByTestId('summary')).toContainText('2 of 3 live');
    await north.begin();
    await expect(card(page, north.url)).toHaveAttribute('data-state', 'live', { timeout: 40_000 });

    // What comes and goes.
    containers.remove(idle);
    await expect(card(page, south.url).getByText(`${tag}-idle`)).toHaveCount(0);
    containers.run(`${tag}-new`, [], 'sleep', '100000');
    await expect(card(page, south.url).getByText(`${tag}-new`)).toBeVisible();

    // All of one container, its label as text.
    await card(page, telling.url).getByText(`${tag}-busy`).click();
    const panel = page.getByRole('region', { name: `${tag}-busy` });
    await expect(panel).toContainText('64.0 MiB');
    await expect(panel).toContainText(evil);
    await page.keyboard.press('Escape');
    await expect(panel).toHaveCount(0);

    // Removed and brought back, and still there after the page was loaded anew.
    await card(page, south.url).getByRole('button', { name: 'Actions for south' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await expect(card(page, south.url)).toHaveCount(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(card(page, south.url)).toHaveAttribute('data-state', 'live');
    await page.reload();
    await expect(page.getByTestId('summary')).toContainText('3 of 3 live');
  } finally {
    for (const agent of agents) await agent.end();
    containers.removeAll();
  }
});

test('agents that lie, flood and shout break nothing', async ({ page, site }) => {
  const kinds = ['', 'hostile', 'skewed', 'idle', 'foreign', 'flood', 'huge', 'stale', 'refusing'];
  const fleet = await fakes(...kinds.map((kind) => ({ kind, name: kind || 'honest', containers: 12 })), {
    name: 'crowd',
    containers: 10_050,
  });
  try {
    await page.goto(site.url);
    await add(page, fleet.urls.join('\n'));
    const of = (kind: string) => card(page, fleet.urls[kinds.indexOf(kind)] ?? '');
    await expect(of('')).toHaveAttribute('data-state', 'live');
    await expect(of('hostile')).toContainText('3 entries that the agent sends are no containers');
    await of('hostile')
      .getByRole('button', { name: /Show all/ })
      .click();
    await expect(of('hostile')).toContainText('<img src=x onerror=alert(1)>');
    await expect(of('hostile')).toContainText('\\u{202e}gnp.exe');
    await expect(of('skewed')).toContainText("The host's clock is 1m ahead");
    await expect(of('idle')).toContainText('No containers are running here.');
    await expect(of('flood')).toContainText('most of it is thrown away');
    await expect(of('refusing')).toHaveAttribute('data-state', 'disconnected');
    await of('refusing').getByText('What to do').click();
    await expect(of('refusing')).toContainText(`--allow-origin ${site.origin}`);
    await expect(of('foreign')).toContainText('What answers here is no live agent');
    await expect(of('huge')).toContainText(/could not be read|no live agent|thrown away/);
    await expect(of('stale')).toContainText('cannot read its containers');
    await expect(card(page, fleet.urls.at(-1) ?? '')).toContainText('50 more containers');
    await expect(of('')).toHaveAttribute('data-state', 'live');
  } finally {
    await fleet.end();
  }
});

test('search, order and what is busy hold over all hosts, and are in the address', async ({ page, site }) => {
  const fleet = await fakes({ name: 'one', containers: 40 }, { name: 'two', containers: 40 });
  try {
    await page.goto(site.url);
    await add(page, fleet.urls.join(' '));
    // There is something to search once there are agents.
    await expect(page.getByRole('searchbox')).toBeVisible();
    await page.keyboard.press('/');
    await page.keyboard.type('postgres');
    for (const url of fleet.urls) await expect(card(page, url)).toContainText('4 of 40 containers');
    await expect(page).toHaveURL(/q=postgres/);
    await card(page, fleet.urls[0] ?? '')
      .getByRole('button', { name: 'Memory' })
      .click();
    await expect(page).toHaveURL(/sort=memory/);
    await page.reload();
    await expect(card(page, fleet.urls[0] ?? '').getByRole('columnheader', { name: 'Memory' })).toHaveAttribute('aria-sort', 'descending');
    await expect(page.getByRole('searchbox')).toHaveValue('postgres');
    // By keys alone: to a row, down, its panel and back to the row.
    await card(page, fleet.urls[0] ?? '')
      .locator('[data-at="0"]')
      .focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('region', { name: /postgres/ })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(card(page, fleet.urls[0] ?? '').locator('[data-at="1"]')).toBeFocused();
  } finally {
    await fleet.end();
  }
});

test('a link may propose agents, and nothing is opened before somebody agrees', async ({ page, site }) => {
  const fleet = await fakes({ name: 'proposed' });
  try {
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.goto(`${site.url}?agents=${encodeURIComponent(fleet.urls[0] ?? '')},ftp://x`);
    const dialog = page.getByRole('dialog', { name: 'This link proposes agents' });
    await expect(dialog).toContainText("An agent's address begins with");
    await dialog.getByRole('button', { name: 'Not now' }).click();
    await expect(page).not.toHaveURL(/agents=/);
    expect(sockets).toEqual([]);
    await page.goto(`${site.url}?agents=${encodeURIComponent(fleet.urls[0] ?? '')}`);
    await page.getByRole('button', { name: 'Add and connect' }).click();
    await expect(card(page, fleet.urls[0] ?? '')).toHaveAttribute('data-state', 'live');
    expect(sockets).toEqual(fleet.urls);
  } finally {
    await fleet.end();
  }
});

test('the list goes out and in as a file, and raw frames can be looked at', async ({ page, site }) => {
  const fleet = await fakes({ name: 'filed' });
  try {
    await page.goto(`${site.url}?debug=true`);
    await add(page, fleet.urls[0] ?? '');
    await expect(page.getByTestId('frames')).toContainText('container_stats_batch');
    await page.getByRole('button', { name: 'More' }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'Export list' }).click();
    const text = await readFile(await (await saved).path(), 'utf8');
    expect(JSON.parse(text)).toEqual({ agents: [{ url: fleet.urls[0] }] });
    const load = (buffer: string) =>
      page.locator('input[type=file]').setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from(buffer) });
    await load('{');
    await expect(page.getByRole('dialog')).toContainText('The file is not JSON.');
    await page.keyboard.press('Escape');
    await load('["ws://127.0.0.1:9/", "ftp://x"]');
    await expect(page.getByRole('dialog')).toContainText('Entries that are no addresses: 1.');
    await page.getByRole('button', { name: 'Replace the list' }).click();
    await expect(card(page, 'ws://127.0.0.1:9/')).toBeVisible();
    await expect(card(page, fleet.urls[0] ?? '')).toHaveCount(0);
  } finally {
    await fleet.end();
  }
});

test('what is drawn can be selected, and its figures come along', async ({ page, site }) => {
  const fleet = await fakes({ name: 'taken', containers: 6 });
  try {
    await page.addInitScript((urls) => localStorage.setItem('scope.agents', JSON.stringify(urls)), fleet.urls);
    await page.goto(site.url);
    const row = (at: number) => card(page, fleet.urls[0] ?? '').locator(`[data-at="${at}"]`);
    await expect(row(5)).toBeVisible();
    const [from, to] = [await row(1).boundingBox(), await row(3).boundingBox()];
    await page.mouse.move(from!.x + 14, from!.y + 14);
    await page.mouse.down();
    await page.mouse.move(to!.x + 80, to!.y + 14, { steps: 4 });
    await page.mouse.up();
    const names = await Promise.all([1, 2, 3].map((at) => row(at).getByRole('gridcell').first().innerText()));
    const copied = await page.evaluate(() => {
      const event = new ClipboardEvent('copy', { clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
      getSelection()?.anchorNode?.parentElement?.dispatchEvent(event);
      return event.clipboardData?.getData('text/plain');
    });
    const lines = copied?.split('\n').map((line) => line.split('\t')) ?? [];
    expect(lines.map(([name]) => name)).toEqual(['Container', ...names]);
    expect(lines[1]?.[1]).toMatch(/^\d+(\.\d)?%$/);
    // A selection is no click: nothing was opened.
    await expect(page.getByRole('region')).toHaveCount(1);
  } finally {
    await fleet.end();
  }
});

test('works where there is no worker, and where colours are forced', async ({ page, site }) => {
  const fleet = await fakes({ name: 'plain', containers: 3 });
  try {
    await page.addInitScript((urls) => {
      localStorage.setItem('scope.agents', JSON.stringify(urls));
      Reflect.deleteProperty(window, 'Worker');
    }, fleet.urls);
    await page.goto(site.url);
    const cell = card(page, fleet.urls[0] ?? '')
      .locator('[data-at="0"]')
      .getByRole('gridcell')
      .nth(1);
    await expect(cell).toHaveAttribute('aria-label', /^\d+(\.\d)?%$/);
    await expect(cell).toHaveText('');
    await page.emulateMedia({ forcedColors: 'active' });
    await expect(cell).toHaveText(/^\d+(\.\d)?%$/);
  } finally {
    await fleet.end();
  }
});

for (const theme of ['light', 'dark', 'contrast'] as const) {
  test(`is accessible in the theme ${theme}`, async ({ page, site }) => {
    await inTheme(page, theme);
    const kinds = ['', 'hostile', 'skewed', 'idle', 'stale', 'refusing'];
    const fleet = await fakes(...kinds.map((kind) => ({ kind, name: kind || 'honest', containers: 12 })));
    try {
      await page.goto(site.url);
      expect(await accessibilityFaults(page)).toEqual([]);
      await add(page, fleet.urls.join('\n'));
      await expect(card(page, fleet.urls[4] ?? '')).toHaveAttribute('data-state', 'stale', { timeout: 30_000 });
      await card(page, fleet.urls[0] ?? '')
        .locator('[data-at="0"]')
        .click();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.goto(`${site.url}?look=compare&debug=true`);
      await expect(page.getByTestId('frames')).toContainText('container_stats_batch');
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.keyboard.press('a');
      await page.getByLabel('Addresses of agents').fill('host-a, ftp://x');
      expect(await accessibilityFaults(page)).toEqual([]);
    } finally {
      await fleet.end();
    }
  });
}
