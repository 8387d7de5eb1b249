// The map: from data in memory to a picture, panning, changes, and what an arrival moves.
import { test, type Browser, type Page } from '@playwright/test';
import { less, Meter } from './cost';
import { keep, median, short } from './figures';
import { resting } from './fleet';
import { tap } from './tap';
import type { Fleet } from '../tests/fleet';
import type { Server } from '../tests/server';

const RUNS = 5;
/** A view that is looked at is told something each second: what it costs the first times, while it is compiled, is not what it costs. */
const CHANGES = 20;

/** The page with the snapshot waiting, and everything else that a first look needs done. */
async function ready(browser: Browser, server: Server): Promise<Page> {
  const page = await browser.newPage();
  await tap(page);
  await page.goto(`${server.url}/view/containers`);
  await page.waitForFunction(() => window.tap.held, undefined, { timeout: 120_000 });
  await page.waitForTimeout(1000);
  return page;
}

for (const [size, budget] of [
  [1000, 0.2],
  [5000, 0.5],
  [10_000, 1],
] as const) {
  test(`first picture of ${size}`, async ({ browser }) => {
    const { server } = await resting(size);
    const walls: number[] = [];
    const mains: number[] = [];
    const alls: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const page = await ready(browser, server);
      const meter = await Meter.of(page, browser);
      const cost = await meter.during(async () => {
        walls.push(
          await page.evaluate(() => {
            window.tap.release();
            return window.tap.picture;
          }),
        );
      });
      mains.push(cost.main);
      alls.push(cost.all);
      await page.close();
    }
    await server.end();
    keep({
      part: 'Map',
      what: `data in memory → first picture, ${size.toLocaleString('en')} containers`,
      value: median(walls) / 1000,
      budget,
      unit: 's',
      beside: `CPU: main thread ${short(median(mains))} ms, all processes ${short(median(alls))} ms`,
    });
  });
}

test('panning, changes and arrivals among 10,000', async ({ browser }) => {
  const { server, fleet } = await resting(10_000);
  const page = await ready(browser, server);
  const meter = await Meter.of(page, browser);
  await page.evaluate(() => (window.tap.release(), window.tap.picture));
  await page.waitForTimeout(3000);
  await panning(page, meter);
  await changes(page, meter);
  await arrival(page, server, fleet);
  await server.end();
});

async function panning(page: Page, meter: Meter) {
  const box = await page.getByRole('application').boundingBox();
  if (!box) throw new Error('there is no map');
  const steps = 120;
  const mains: number[] = [];
  const alls: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const [x, y] = [box.x + box.width / 2, box.y + box.height - 12];
    await page.mouse.move(x, y);
    await page.mouse.down();
    const cost = await meter.during(async () => {
      // Each move is answered when the page has drawn it.
      for (let at = 0; at < steps; at++) await page.mouse.move(x + Math.sin(at / 9) * 160, y - at * 2);
    });
    await page.mouse.up();
    await page.keyboard.press('0');
    await page.waitForTimeout(1500);
    mains.push(cost.main / steps);
    alls.push(cost.all / steps);
  }
  keep({ part: 'Map', what: 'panning 10,000: main thread a frame', value: median(mains), budget: 2, unit: 'ms' });
  keep({ part: 'Map', what: 'panning 10,000: all processes a frame', value: median(alls), budget: 20, unit: 'ms' });
}

async function changes(page: Page, meter: Meter) {
  const costs: Record<'structural' | 'figures', { main: number; script: number; layout: number }[]> = { structural: [], figures: [] };
  for (let run = 0; run < CHANGES; run++) {
    const idle = await meter.during(() => page.waitForTimeout(1000));
    for (const what of ['structural', 'figures'] as const) {
      await page.evaluate(change, [run, what === 'structural'] as const);
      const cost = await meter.during(async () => {
        await page.evaluate(() => window.tap.say());
        await page.waitForTimeout(1200);
      });
      costs[what].push(less(cost, idle));
    }
  }
  const of = (what: keyof typeof costs, part: 'main' | 'script' | 'layout') => median(costs[what].map((cost) => cost[part]));
  const beside = `script ${short(of('structural', 'script'))} ms, style and layout ${short(of('structural', 'layout'))} ms`;
  const figures = `script ${short(of('figures', 'script'))} ms, style and layout ${short(of('figures', 'layout'))} ms`;
  const parts = { part: 'Map', budget: 10, unit: 'ms' };
  keep({ ...parts, what: 'a change of 5 % of 10,000: main thread', value: of('structural', 'main'), beside });
  keep({ ...parts, what: 'figures of 5 % of 10,000: main thread', value: of('figures', 'main'), beside: figures });
}

/** In the page: every twentieth node has new facts and figures, or new figures alone. */
function change([run, structural]: readonly [number, boolean]) {
  const { nodes, metrics } = window.tap.snapshot;
  const picked = nodes.n.flatMap((_, at) => (at % 20 === run ? [at] : []));
  const numbers = picked.map((at) => nodes.n[at]);
  const figures = { nodes: [0, 1].map((figure) => [figure % metrics.length, numbers, numbers.map(() => Math.random() * 100)]) };
  // As a container that was made anew by its name has them.
  const said = picked.map((at) => ({
    attrs: { restart_count: run + 1, pid: 1000 + at, started_at: new Date(Date.now() - 7_200_000 - at).toISOString() },
  }));
  window.tap.write(structural ? { type: 'change', nodes: { changed: { n: numbers, said } }, figures } : { type: 'figures', figures });
}

/** What one more container moves. How long a layout takes is measured where it is made: `make bench`, `layout`. */
async function arrival(page: Page, server: Server, fleet: Fleet) {
  const moved = page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/subscribe?view=containers&layout=true`);
        const places = new Map<number, string>();
        let moved = 0;
        let timer: ReturnType<typeof setTimeout> | undefined;
        socket.onmessage = (event) => {
          const message = JSON.parse(String(event.data));
          const { n = [], place = [] } = message.nodes ?? {};
          n.forEach((number: number, at: number) => {
            const now = JSON.stringify(place[at]);
            if (places.has(number) && places.get(number) !== now) moved += 1;
            places.set(number, now);
          });
          if (message.type === 'snapshot') window.tap.listening = true;
          if (message.type !== 'snapshot') timer ??= setTimeout(() => resolve(moved), 5000);
        };
      }),
  );
  await page.waitForFunction(() => window.tap.listening);
  fleet.more(0);
  await fleet.report(server, 0);
  keep({ part: 'Map', what: 'nodes that an arrival among 10,000 moves', value: await moved, budget: 0, unit: '' });
}
