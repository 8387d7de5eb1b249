// What a page costs, in CPU time: of its main thread as Chromium counts it, and of all of the browser's processes as the kernel does. Frames per second say
// nothing on a machine that others use too.
import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from '@playwright/test';

export interface Cost {
  /** Milliseconds of the main thread: all of it, of it script, and of it style and layout. */
  main: number;
  script: number;
  layout: number;
  /** Milliseconds of all processes of the browser. */
  all: number;
}

/** The kernel counts in hundredths of a second on all systems that matter here. */
const TICK = 10;

export class Meter {
  private constructor(
    readonly cdp: CDPSession,
    readonly whole: CDPSession,
  ) {}

  static async of(page: Page, browser: Browser): Promise<Meter> {
    const meter = new Meter(await page.context().newCDPSession(page), await browser.newBrowserCDPSession());
    await meter.cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    return meter;
  }

  async now(): Promise<Cost> {
    const { metrics } = await this.cdp.send('Performance.getMetrics');
    const value = (name: string) => (metrics.find((metric) => metric.name === name)?.value ?? NaN) * 1000;
    const layout = value('LayoutDuration') + value('RecalcStyleDuration');
    return { main: value('TaskDuration'), script: value('ScriptDuration'), layout, all: await this.#all() };
  }

  async #all(): Promise<number> {
    const { processInfo } = await this.whole.send('SystemInfo.getProcessInfo');
    return processInfo.reduce((sum, { id }) => sum + processTime(id), 0);
  }

  /** What `work` costs, and what else went on meanwhile. */
  async during(work: () => Promise<unknown>): Promise<Cost> {
    const before = await this.now();
    await work();
    return less(await this.now(), before);
  }

  /** Bytes that are still needed after everything else was thrown away. */
  async heap(): Promise<number> {
    // Twice: the first makes what had finalizers collectable.
    await this.cdp.send('HeapProfiler.collectGarbage');
    await this.cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await this.cdp.send('Runtime.getHeapUsage');
    return usedSize;
  }
}

export const less = (a: Cost, b: Cost): Cost => ({
  main: a.main - b.main,
  script: a.script - b.script,
  layout: a.layout - b.layout,
  all: a.all - b.all,
});

/** Milliseconds of CPU time that a process has used; none once it is gone. */
function processTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK;
  } catch {
    return 0;
  }
}
