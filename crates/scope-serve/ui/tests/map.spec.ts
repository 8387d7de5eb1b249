// The map, driven by keys, mouse and fingers: what is pressed, dragged, opened and taken away. Where things must be is known from what the server said.
import { readFileSync } from 'node:fs';
import { expect, test } from './fixture';
import { Fleet, HOSTILE } from './fleet';
import { MapOnPage } from './map-on-page';
import { Server } from './server';

const panel = (page: import('@playwright/test').Page) => page.getByRole('complementary', { name: 'Details of what is selected' });
const VIEW = '/view/containers';

test("arrows are the map's where nothing else has the focus, and Escape leads back from what it was narrowed to", async ({
  page,
  fleetServer,
}) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  const all = await map.drawn();
  await page.keyboard.press('ArrowRight');
  await expect(map.map).toBeFocused();
  await expect(page.getByRole('status').filter({ hasText: /Connections/ })).toHaveCount(1);

  await page.keyboard.press('t');
  await expect(page.getByRole('grid')).toBeVisible();
  await page.keyboard.press('g');
  await expect(map.map).toBeFocused();

  const id = map.graph.nodes.values().next().value!.id;
  await page.goto(`${fleetServer.url}${VIEW}?focus=${encodeURIComponent(id)}`);
  await expect.poll(() => map.count('drawn')).toBeLessThan(all);
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/focus=/);

  await page.reload();
  await map.drawn();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the view' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(map.map).toBeFocused();
});

test('keys walk, open, zoom, fit, and narrow the map down', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  const all = await map.drawn();
  await map.map.focus();
  const said = page.getByRole('status').filter({ hasText: /Connections/ });
  await page.keyboard.press('ArrowRight');
  await expect(said).toHaveCount(1);
  const first = await said.textContent();
  await expect
    .poll(async () => {
      await page.keyboard.press('ArrowLeft');
      return said.textContent();
    })
    .not.toBe(first);
  // By keys alone: the cursor's node opens, and Escape leads back step by step.
  await page.keyboard.press('Enter');
  await expect(panel(page).getByRole('heading', { level: 2 })).toBeVisible();
  await expect(page).toHaveURL(/sel=/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(panel(page)).toBeHidden();

  await page.keyboard.press('+');
  await expect(page).toHaveURL(/at=/);
  const near = map.camera()!.scale;
  await page.keyboard.press('-');
  await expect.poll(() => map.camera()?.scale ?? near).toBeLessThan(near);
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('0');
  await expect(page).not.toHaveURL(/at=/);

  await page.keyboard.press('l');
  await expect(page.getByRole('radio', { name: 'Layers' })).toBeChecked();
  await expect(map.map).toHaveAttribute('data-drawn', String(all));
  await page.keyboard.press('l');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/colour=kind/);

  await page.keyboard.press('ArrowRight');
  await expect(said).toHaveCount(1);
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/focus=/);
  await expect.poll(() => map.count('drawn')).toBeLessThan(all);
  expect(await map.count('drawn')).toBeGreaterThan(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/focus=/);
  await expect.poll(() => map.count('drawn')).toBe(all);

  await page.keyboard.press('ArrowRight');
  await expect(said).toHaveCount(1);
  await page.keyboard.press('h');
  await expect.poll(() => map.count('drawn')).toBe(all - 1);
  await page.getByTitle('Show what is hidden').click();
  await expect.poll(() => map.count('drawn')).toBe(all);
});

test('a click opens a node, and a click on a connection that', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  const web = map.node('shop-web-1');
  await map.open(`${fleetServer.url}${VIEW}?${map.at(map.middle(web))}`);
  await map.click(map.middle(web));
  await expect(panel(page).getByRole('heading', { level: 2 })).toContainText('shop-web-1');

  const edge = [...map.graph.edges.values()].find(({ from }) => from === web.n)!;
  const there = map.onLink(web, map.graph.nodes.get(edge.to)!);
  await map.open(`${fleetServer.url}${VIEW}?${map.at(there)}`);
  await map.click(there);
  await expect(page).toHaveURL(/sel=edge/);
  await expect(panel(page).getByText('Connection', { exact: true })).toBeVisible();
});

for (const reducedMotion of ['no-preference', 'reduce'] as const) {
  test(`the neighbourhood of what is chosen comes near, and goes back (motion: ${reducedMotion})`, async ({ page, fleetServer }) => {
    await page.emulateMedia({ reducedMotion });
    const map = new MapOnPage(page);
    await map.open(`${fleetServer.url}${VIEW}`);
    const web = map.node('shop-web-1');
    await map.open(`${fleetServer.url}${VIEW}?${map.at(map.middle(web), 0.8)}`);
    await expect(map.map).toHaveAttribute('data-spread', '0');
    await map.click(map.middle(web));
    const around = new Set([...map.graph.edgesOf(web.n)].flatMap((e) => [map.graph.edges.get(e)!.from, map.graph.edges.get(e)!.to]));
    await expect(map.map).toHaveAttribute('data-spread', String(around.size));
    await expect(panel(page).getByRole('heading', { level: 2 })).toContainText('shop-web-1');
    await page.keyboard.press('Escape');
    await expect(map.map).toHaveAttribute('data-spread', '0');
    // All are where they were.
    await page.waitForTimeout(700);
    await map.click(map.middle(web));
    await expect(panel(page).getByRole('heading', { level: 2 })).toContainText('shop-web-1');
  });
}

test('a node that was dragged stays there through updates and a reload, and goes back when asked', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  const node = map.node('identity-auth-1');
  const [x, y] = map.middle(node);
  await map.open(`${fleetServer.url}${VIEW}?${map.at([x, y])}`);
  const here = await map.onPage([x, y]);
  await page.mouse.move(here.x, here.y);
  await page.mouse.down();
  const moved = map.free(node, 250);
  await page.mouse.move(here.x + moved[0] - x, here.y + moved[1] - y, { steps: 6 });
  await page.mouse.up();
  const opens = async (at: [number, number]) => {
    await map.click(at);
    await expect(panel(page).getByRole('heading', { level: 2 })).toContainText('identity-auth-1');
    await page.keyboard.press('Escape');
    await expect(panel(page)).toBeHidden();
  };
  const heard = map.graph.at;
  await expect.poll(() => map.graph.at).not.toBe(heard);
  await opens(moved);
  await page.reload();
  await map.drawn();
  await opens(moved);
  await page.getByRole('button', { name: 'Display' }).click();
  await page.getByRole('menuitem', { name: /Reset positions/ }).click();
  // It flies back; a click that came too early hits nothing, and is made again once that is sure.
  await expect(async () => {
    await map.click([x, y]);
    await expect(panel(page).getByRole('heading', { level: 2 })).toContainText('identity-auth-1', { timeout: 2000 });
  }).toPass({ timeout: 20_000 });
});

test('mouse and wheel move the map, and the link keeps where', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}?at=0,0,1`);
  const box = await map.box();
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  // Shift moves the map even over a node.
  await page.keyboard.down('Shift');
  await page.mouse.move(cx, cy);
  await page.mouse.down();
  await page.mouse.move(cx + 100, cy - 50, { steps: 5 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await expect.poll(() => map.camera()).toEqual({ x: -100, y: 50, scale: 1 });
  await page.mouse.move(cx, cy);
  await page.mouse.wheel(0, -120);
  await expect.poll(() => map.camera()?.scale).toBeGreaterThan(1);
  // What is under the pointer stays there.
  expect(map.camera()!.x).toBeCloseTo(-100, 0);
  const kept = map.camera();
  await page.reload();
  await map.drawn();
  expect(map.camera()).toEqual(kept);
  await page.getByRole('main').getByRole('button', { name: 'Fit all in view' }).click();
  await expect(page).not.toHaveURL(/at=/);
});

test('two fingers zoom, one moves, a tap opens', async ({ browser, fleetServer }) => {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  const [x, y] = map.middle(map.node('shop-web-1'));
  await map.open(`${fleetServer.url}${VIEW}?${map.at([x, y])}`);
  const here = await map.onPage([x, y]);
  const cdp = await context.newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: [number, number][]) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })) });
  await touch('touchStart', [here.x, here.y]);
  for (let step = 1; step <= 5; step++) await touch('touchMove', [here.x + step * 10, here.y + step * 10]);
  await touch('touchEnd');
  await expect.poll(() => map.camera()?.x).toBeLessThan(Math.round(x));
  await touch('touchStart', [150, 400]);
  await touch('touchStart', [150, 400], [200, 400]);
  for (let step = 1; step <= 5; step++) await touch('touchMove', [150 - step * 10, 400], [200 + step * 10, 400]);
  await touch('touchEnd');
  await expect.poll(() => map.camera()?.scale).toBeGreaterThan(1.5);
  await map.open(`${fleetServer.url}${VIEW}?${map.at([x, y])}`);
  await page.touchscreen.tap(here.x, here.y);
  await expect(panel(page).getByRole('heading', { level: 2 })).toContainText('shop-web-1');
  await context.close();
});

test('clusters of a large map are closed, and opened by click and by keys', async ({ page }) => {
  const server = await Server.start('--no-collect');
  const fleet = new Fleet(4, 90);
  await fleet.report(server);
  const stop = fleet.run(server, 3000);
  try {
    const map = new MapOnPage(page);
    await map.open(`${server.url}${VIEW}?cluster=host`);
    await expect(map.map).toHaveAttribute('data-collapsed', '4');
    const area = map.graph.areas.find(({ title }) => title === Fleet.host(1))!;
    const middle: [number, number] = [area.rect[0] + area.rect[2] / 2, area.rect[1] + area.rect[3] / 2];
    await map.open(`${server.url}${VIEW}?cluster=host&${map.at(middle, 0.2)}`);
    await map.click(middle);
    await expect(map.map).toHaveAttribute('data-collapsed', /^[0-3]$/);
    await expect(page).toHaveURL(new RegExp(`open=${Fleet.host(1)}`));
    await page.goBack();
    await map.open(`${server.url}${VIEW}?cluster=host`);
    await expect(map.map).toHaveAttribute('data-collapsed', '4');
    await map.map.focus();
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('status').filter({ hasText: /Click to open|Enter/ })).toHaveCount(1);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/open=host-/);
    await expect(map.map).not.toHaveAttribute('data-collapsed', '4');
    // The overview shows itself once not all is in sight, and leads elsewhere.
    const before = map.camera()!;
    const overview = page.getByTitle('Overview: click to go there');
    await expect(overview).toBeVisible();
    const box = (await overview.boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.2, box.y + box.height * 0.8);
    await expect.poll(() => map.camera()?.x).not.toBe(before.x);
    expect(map.camera()!.scale).toBeCloseTo(before.scale, 3);
    await page.getByRole('button', { name: 'Display' }).click();
    await page.getByRole('menuitem', { name: 'Collapse all clusters' }).click();
    await expect(map.map).toHaveAttribute('data-collapsed', '4');
  } finally {
    await stop();
    await server.end();
  }
});

test('is taken away as SVG, PNG and JSON, with hostile names as text', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  const taken = async (as: string) => {
    await page.getByRole('button', { name: 'Download' }).click();
    const coming = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: as }).click();
    const file = await coming;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^scope-containers-\\d+T\\d+\\.${as.toLowerCase()}$`));
    return readFileSync(await file.path());
  };
  const svg = (await taken('SVG')).toString();
  const read = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    const elements = [...parsed.querySelectorAll('*')];
    return {
      errors: parsed.querySelectorAll('parsererror').length,
      names: [...new Set(elements.map((element) => element.localName))].sort(),
      handlers: elements.flatMap((element) => [...element.attributes].map(({ name }) => name)).filter((name) => name.startsWith('on')),
      texts: [...parsed.querySelectorAll('text')].map((element) => element.textContent ?? ''),
    };
  }, svg);
  expect(read.errors).toBe(0);
  expect(read.names).toEqual(['path', 'rect', 'svg', 'text']);
  expect(read.handlers).toEqual([]);
  expect(read.texts.filter((text) => text.startsWith('<img')).length).toBeGreaterThan(0);
  expect(read.texts).toContain('shop-web-1');

  const png = await taken('PNG');
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  expect(png.readUInt32BE(16)).toBeGreaterThan(600);
  expect(png.length).toBeGreaterThan(20_000);

  const json = JSON.parse((await taken('JSON')).toString()) as {
    nodes: { id: string; name: string }[];
    edges: { from: string; to: string }[];
  };
  expect(json.nodes.length).toBe(await map.count('nodes'));
  expect(json.nodes.map(({ name }) => name)).toContain(HOSTILE);
  const ids = new Set(json.nodes.map(({ id }) => id));
  expect(json.edges.length).toBeGreaterThan(10);
  expect(json.edges.every(({ from, to }) => ids.has(from) && ids.has(to))).toBe(true);
});

test('the table for those who do not see it says the same, and leads to the same', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  const list = page.getByRole('region', { name: 'Nodes and their connections' });
  const rows = list.getByRole('row');
  await expect(rows).toHaveCount((await map.count('nodes')) + 1);
  const row = rows.filter({ has: page.getByRole('rowheader', { name: 'shop-web-1' }) }).first();
  await expect(row).toContainText(/connects to .*shop-api-1/);
  // What is ill comes first, with its reason.
  await expect(rows.nth(1)).toContainText('critical');
  await expect(list.locator('img')).toHaveCount(0);
  await expect(list).toContainText('<img src=x onerror=alert(1)>');
  await row.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await expect(panel(page).getByRole('heading', { level: 2 })).toContainText('shop-web-1');
});

test('from the bars to the map and back, the map never says that there is nothing', async ({ page, fleetServer }) => {
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seenEmpty: seen });
    new MutationObserver(() => {
      const text = document.body?.textContent ?? '';
      if (text.includes('Nothing to draw')) seen.push(location.href);
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });
  const map = new MapOnPage(page);
  await page.goto(`${fleetServer.url}${VIEW}?as=resources`);
  await expect(page.getByRole('treegrid')).toBeVisible();
  for (let turn = 0; turn < 3; turn++) {
    await page.keyboard.press('g');
    expect(await map.drawn()).toBeGreaterThan(10);
    await page.keyboard.press('r');
    await expect(page.getByRole('treegrid')).toBeVisible();
  }
  await page.keyboard.press('g');
  await map.drawn();
  // Another view is another map.
  await page.goto(`${fleetServer.url}/view/hosts?as=map`);
  await expect(map.map).toHaveAttribute('data-nodes', /^[34]$/);
  expect(await page.evaluate(() => (window as unknown as { seenEmpty: string[] }).seenEmpty)).toEqual([]);
});

test('only problems leaves what is wrong, and says so where nothing is', async ({ page, fleetServer }) => {
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  const all = await map.drawn();
  await page.keyboard.press('!');
  // What has stopped is asked for as well: until it is there, the map is another that has drawn nothing.
  const fewer = async () => {
    const drawn = await map.count('drawn');
    return drawn > 0 && drawn < all;
  };
  await expect.poll(fewer).toBe(true);
  await expect(page.getByRole('contentinfo')).toContainText(/ of \d+ nodes/);
  await page.goto(`${fleetServer.url}/view/hosts?problems=1`);
  await expect(page.getByText('Nothing is wrong. That is all there is to see here.')).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: 'Show all' }).click();
  await expect(page).not.toHaveURL(/problems/);
});

test('without workers that draw, and without motion, the map is the same', async ({ page, fleetServer }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.addInitScript(() => Reflect.deleteProperty(window, 'OffscreenCanvas'));
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  await expect(map.map).toHaveAttribute('data-threaded', 'false');
  const web = map.node('shop-web-1');
  await map.open(`${fleetServer.url}${VIEW}?${map.at(map.middle(web))}`);
  await map.click(map.middle(web));
  await expect(panel(page).getByRole('heading', { level: 2 })).toContainText('shop-web-1');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Download' }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'PNG' }).click();
  expect(readFileSync(await (await coming).path()).length).toBeGreaterThan(20_000);
});

test('a worker that cannot be loaded does not keep the map away', async ({ page, fleetServer }) => {
  await page.route(/worker-[^/]*\.js$/, (route) => route.fulfill({ status: 404, body: 'gone' }));
  const map = new MapOnPage(page);
  await map.open(`${fleetServer.url}${VIEW}`);
  await expect(map.map).toHaveAttribute('data-threaded', 'false');
  expect(await map.drawn()).toBeGreaterThan(10);
});
