// What two pages keep over time, at a fleet in which figures move and containers come and go: SCOPE_BENCH_MINUTES of real time, two unless it says otherwise.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test, type Browser } from '@playwright/test';
import { FakeAgent } from '../tests/fake-agents.mjs';
import { Fleet } from '../tests/fleet';
import { Server } from '../tests/server';
import { Meter } from './cost';
import { keep, short } from './figures';

const MINUTES = Number(process.env['SCOPE_BENCH_MINUTES'] ?? 2);
const MIB = 2 ** 20;

test('the heap over time', async ({ browser }) => {
  const server = await Server.start('--no-collect');
  const fleet = new Fleet(5, 60);
  const agents = [1, 2, 3].map((at) => new FakeAgent({ name: `host-${at}`, containers: 100, seed: at * 7919 }));
  const urls = await Promise.all(agents.map((agent) => agent.listen()));
  await fleet.report(server);
  let ended = false;
  const moving = (async () => {
    for (let beat = 1; !ended; beat++) {
      // Every ten seconds a container is replaced by another, in each of five places.
      if (beat % 5 === 0) for (let at = 0; at < 5; at++) replace(fleet, (beat * 5 + at * 61) % fleet.containers.length, beat);
      await fleet.report(server);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  })();

  const map = await browser.newPage();
  await map.goto(`${server.url}/view/containers`);
  await map.getByRole('application').waitFor();
  const hosts = await browser.newPage();
  await hosts.addInitScript((urls) => localStorage.setItem('scope.agents', JSON.stringify(urls)), urls);
  await hosts.goto(`${server.url}/hosts/`);
  await hosts.locator('[data-state="live"]').nth(2).waitFor();

  const pages = [
    { name: 'map', meter: await Meter.of(map, browser), at: [] as number[], heap: [] as number[] },
    { name: 'hosts page', meter: await Meter.of(hosts, browser), at: [] as number[], heap: [] as number[] },
  ];
  const whole: number[] = [];
  const samples = Math.max(8, MINUTES);
  const began = Date.now();
  for (let sample = 0; sample <= samples; sample++) {
    const due = began + (sample / samples) * MINUTES * 60_000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    for (const page of pages) {
      page.heap.push((await page.meter.heap()) / MIB);
      page.at.push((Date.now() - began) / 60_000);
    }
    whole.push(await residence(browser));
  }
  for (const { name, at, heap } of pages) {
    // A first third fills histories of figures, which are as long as they become.
    const from = Math.floor(at.length / 3);
    const rises = slope(at.slice(from), heap.slice(from)) * 1024;
    const beside = `${short(heap[0]!)}, ${short(heap[from]!)}, ${short(heap.at(-1)!)} MiB at the start, after a third, at the end; all processes ${whole[from]!.toFixed(0)}, then ${whole.at(-1)!.toFixed(0)} MiB`;
    keep({
      part: 'Over time',
      what: `heap of the ${name} over ${MINUTES} minutes: rises a minute`,
      value: rises,
      budget: 20,
      unit: 'KiB',
      beside,
    });
  }
  ended = true;
  await moving;
  for (const agent of agents) await agent.close();
  await server.end();
});

function replace(fleet: Fleet, at: number, beat: number) {
  const one = fleet.containers[at];
  if (one) one.id = `container:${createHash('sha256').update(`${at}/${beat}`).digest('hex')}`;
}

/** Least squares. */
function slope(at: number[], values: number[]): number {
  const [x, y] = [at, values].map((all) => all.reduce((sum, one) => sum + one, 0) / all.length) as [number, number];
  const over = at.reduce((sum, one, index) => sum + (one - x) * ((values[index] ?? 0) - y), 0);
  return over / at.reduce((sum, one) => sum + (one - x) ** 2, 0);
}

/** Memory of its own that the browser's processes have, in MiB. */
async function residence(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.reduce((sum, { id }) => sum + privateMemory(id), 0);
}

function privateMemory(pid: number): number {
  try {
    const lines = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB/gm);
    return [...lines].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024;
  } catch {
    return 0;
  }
}
