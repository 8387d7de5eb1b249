// The hosts page: three agents with a hundred containers each, and what one update of them takes.
import { test } from '@playwright/test';
import { FakeAgent } from '../tests/fake-agents.mjs';
import { Meter } from './cost';
import { keep, median, short } from './figures';
import { Server } from '../tests/server';

const RUNS = 20;

test('an update of 300 containers', async ({ browser }) => {
  const server = await Server.start('--no-collect');
  const agents = [1, 2, 3].map((at) => new FakeAgent({ name: `host-${at}`, containers: 100, seed: at * 7919, every: 3_600_000 }));
  const urls = await Promise.all(agents.map((agent) => agent.listen()));
  const page = await browser.newPage();
  await page.addInitScript((urls) => localStorage.setItem('scope.agents', JSON.stringify(urls)), urls);
  await page.goto(`${server.url}/hosts/`);
  await page.locator('[data-state="live"]').nth(2).waitFor();
  const meter = await Meter.of(page, browser);
  const beat = (some: FakeAgent[]) => some.forEach((agent) => agent.beat());
  // Sparklines are as long as they become.
  for (let at = 0; at < 70; at++) {
    beat(agents);
    await page.waitForTimeout(150);
  }
  const costs = { all: [] as number[], script: [] as number[], layout: [] as number[], one: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    const idle = await meter.during(() => page.waitForTimeout(900));
    const one = await meter.during(() => (beat([agents[run % 3]!]), page.waitForTimeout(900)));
    const all = await meter.during(() => (beat(agents), page.waitForTimeout(900)));
    costs.one.push(one.main - idle.main);
    costs.all.push(all.main - idle.main);
    costs.script.push(all.script - idle.script);
    costs.layout.push(all.layout - idle.layout);
  }
  const [script, layout, one] = [costs.script, costs.layout, costs.one].map((each) => short(median(each)));
  const beside = `script ${script}, style and layout ${layout}; of one agent alone ${one} ms`;
  keep({
    part: 'Hosts',
    what: '300 containers of 3 agents, one update: main thread',
    value: median(costs.all),
    budget: 7,
    unit: 'ms',
    beside,
  });
  for (const agent of agents) await agent.close();
  await server.end();
});
