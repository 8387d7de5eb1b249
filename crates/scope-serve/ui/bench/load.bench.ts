// A first visit over a slow line: what is loaded, from where, and when there is something to use.
import { test, type Browser, type Page } from '@playwright/test';
import { FakeAgent } from '../tests/fake-agents.mjs';
import { Fleet } from '../tests/fleet';
import { Server } from '../tests/server';
import { keep, median, short } from './figures';

const RUNS = 3;
/** A megabit a second, both ways. */
const LINE = { offline: false, latency: 20, downloadThroughput: 125_000, uploadThroughput: 125_000 };
const KB = 1000;

// Looked at with each frame: a wait of the test runner's looks every half second.
const drawn = (page: Page) =>
  page.waitForFunction(() => /[1-9]/.test(document.querySelector('[role=application]')?.getAttribute('aria-label') ?? ''));
const open = (page: Page) =>
  page.waitForFunction(() => [...document.querySelectorAll('button')].some((button) => button.textContent?.includes('Add')));

const PAGES = [
  { path: '/', usable: drawn },
  { path: '/view/containers', usable: drawn },
  { path: '/hosts', usable: open },
];

interface Visit {
  seconds: number;
  script: number;
  all: number;
  elsewhere: string[];
}

/** Chromium gives up whatever it loads when an interface of the machine comes or goes, as those of containers do: that visit tells nothing, and is made again. */
async function visitOnceMore(browser: Browser, server: Server, page: (typeof PAGES)[number]): Promise<Visit> {
  for (let tried = 0; ; tried++) {
    try {
      return await visit(browser, server, page);
    } catch (error) {
      if (tried === 5) throw error;
    }
  }
}

async function visit(browser: Browser, server: Server, { path, usable }: (typeof PAGES)[number]): Promise<Visit> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const elsewhere: string[] = [];
  const sizes: Promise<{ script: boolean; bytes: number }>[] = [];
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== server.url && !['data:', 'blob:'].includes(protocol)) elsewhere.push(origin);
  });
  page.on('requestfinished', (request) => {
    const script = new URL(request.url()).pathname.endsWith('.js');
    sizes.push(
      request
        .sizes()
        .then(({ responseBodySize, responseHeadersSize }) => ({ script, bytes: responseBodySize + (script ? 0 : responseHeadersSize) })),
    );
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', LINE);
  const began = Date.now();
  await page.goto(server.url + path, { waitUntil: 'commit' });
  await usable(page);
  const seconds = (Date.now() - began) / 1000;
  // What comes by itself after that belongs to the first load too.
  await page.waitForTimeout(3000);
  const done = await Promise.all(sizes);
  await context.close();
  const sum = (all: typeof done) => all.reduce((sum, { bytes }) => sum + bytes, 0) / KB;
  return { seconds, script: sum(done.filter(({ script }) => script)), all: sum(done), elsewhere };
}

test('first loads', async ({ browser }) => {
  const server = await Server.start('--no-collect');
  await new Fleet(3, 12, 3_600_000).report(server);
  const elsewhere: string[] = [];
  for (const page of PAGES) {
    const visits: Visit[] = [];
    for (let run = 0; run < RUNS; run++) visits.push(await visitOnceMore(browser, server, page));
    elsewhere.push(...visits.flatMap((one) => one.elsewhere));
    const { script, all } = visits[0]!;
    const beside = `${short(all)} kB with styles, documents and data`;
    keep({ part: 'First load', what: `script of \`${page.path}\`, compressed`, value: script, budget: 120, unit: 'kB', beside });
    const seconds = median(visits.map((one) => one.seconds));
    keep({
      part: 'First load',
      what: `\`${page.path}\` can be used, over 1 Mbit/s`,
      value: seconds,
      budget: 2,
      unit: 's',
      beside: 'wall time',
    });
  }
  const origins = [...new Set(elsewhere)].join(' ') || 'none';
  keep({
    part: 'First load',
    what: 'requests to anybody but the server',
    value: elsewhere.length,
    budget: 0,
    unit: '',
    beside: `origins: ${origins}`,
  });
  await server.end();
});

test('first charts', async ({ browser }) => {
  const server = await Server.start('--no-collect');
  const agent = new FakeAgent({ name: 'host-a', containers: 30 });
  const url = await agent.listen();
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const page = await browser.newPage();
    await page.addInitScript(timed);
    await page.addInitScript((url) => localStorage.setItem('scope.agents', JSON.stringify([url])), url);
    // A worker has the sockets: when the agent answers is told by the agent.
    const answered = new Promise<number>((resolve) => agent.server?.once('upgrade', () => resolve(Date.now())));
    await page.goto(`${server.url}/hosts/`);
    seconds.push(((await page.evaluate(() => window.charted)) - (await answered)) / 1000);
    await page.close();
  }
  keep({
    part: 'First load',
    what: 'first charts after an agent answers',
    value: median(seconds),
    budget: 3,
    unit: 's',
    beside: 'wall time',
  });
  await agent.close();
  await server.end();
});

declare global {
  interface Window {
    charted: Promise<number>;
  }
}

/** In the page: when the first line is on a canvas, in milliseconds since 1970. */
function timed() {
  window.charted = new Promise((resolve) => {
    const copy = document.createElement('canvas');
    const look = () => {
      const canvas = document.querySelector<HTMLCanvasElement>('[data-agent] canvas');
      if (canvas?.width && canvas.height) {
        // What a worker draws can be copied, and not be read.
        [copy.width, copy.height] = [canvas.width, canvas.height];
        const context = copy.getContext('2d');
        context?.drawImage(canvas, 0, 0);
        const pixels = context?.getImageData(0, 0, copy.width, copy.height).data;
        if (pixels?.some((value, at) => at % 4 === 3 && value > 0)) return resolve(performance.timeOrigin + performance.now());
      }
      setTimeout(look, 20);
    };
    look();
  });
}
