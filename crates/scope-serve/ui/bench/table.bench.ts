// The table of 10,000 containers: sorting it, and an update of all of it.
import { test } from '@playwright/test';
import { Meter } from './cost';
import { keep, median, short } from './figures';
import { resting } from './fleet';
import { tap } from './tap';

const RUNS = 9;

test('sorting and updating 10,000 rows', async ({ browser }) => {
  const { server } = await resting(10_000);
  const page = await browser.newPage();
  await tap(page);
  await page.goto(`${server.url}/view/containers?as=table`);
  await page.waitForFunction(() => window.tap.held, undefined, { timeout: 120_000 });
  await page.evaluate(() => window.tap.release());
  await page.getByRole('grid').waitFor();
  await page.waitForTimeout(4000);
  const meter = await Meter.of(page, browser);

  const sort = async (name: string) => {
    const costs: { main: number; script: number }[] = [];
    for (let run = 0; run < RUNS; run++) {
      const idle = await meter.during(() => page.waitForTimeout(600));
      const cost = await meter.during(async () => {
        await page.evaluate((name) => {
          const heads = [...document.querySelectorAll<HTMLElement>('[role=columnheader] button')];
          heads.find((head) => head.textContent?.trim() === name)?.click();
        }, name);
        await page.waitForTimeout(600);
      });
      costs.push({ main: cost.main - idle.main, script: cost.script - idle.script });
    }
    const script = median(costs.map((cost) => cost.script));
    const beside = `all of the main thread, drawing included, ${short(median(costs.map((cost) => cost.main)))} ms`;
    keep({ part: 'Table', what: `10,000 rows sorted by ${name}: script`, value: script, budget: 10, unit: 'ms', beside });
  };
  for (const name of ['Memory', 'Image', 'Name']) await sort(name);

  const costs: { main: number; script: number }[] = [];
  for (let run = 0; run < RUNS; run++) {
    const idle = await meter.during(() => page.waitForTimeout(600));
    // An order by figures rests for five seconds: each of these is due to sort again.
    await page.waitForTimeout(5000);
    await page.evaluate(() => {
      const { nodes } = window.tap.snapshot;
      const moved = [0, 1].map((figure) => [figure, nodes.n, nodes.n.map(() => Math.round(Math.random() * 1e6) / 100)]);
      window.tap.write({ type: 'figures', figures: { nodes: moved } });
    });
    const cost = await meter.during(async () => {
      await page.evaluate(() => window.tap.say());
      await page.waitForTimeout(600);
    });
    costs.push({ main: cost.main - idle.main, script: cost.script - idle.script });
  }
  const beside = `reading the message included; all of the main thread, drawing included, ${short(median(costs.map((cost) => cost.main)))} ms`;
  const script = median(costs.map((cost) => cost.script));
  keep({ part: 'Table', what: '10,000 rows, two new figures each: script', value: script, budget: 10, unit: 'ms', beside });
  await server.end();
});
