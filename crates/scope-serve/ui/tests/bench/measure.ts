// What a page costs: CPU time of its main thread and of all processes of the browser, its heap, by the browser's own counters. Prints, asserts nothing.
import { readdirSync, readFileSync } from 'node:fs';
import type { CDPSession, Page } from '@playwright/test';

export interface Cost {
  /** Milliseconds of CPU of the page's main thread. */
  main: number;
  /** Milliseconds of CPU of all processes of the browser. */
  all: number;
}

/** Clock ticks of a second in /proc/PID/stat. */
const TICKS = 100;

export class Meter {
  private constructor(
    readonly page: Page,
    readonly session: CDPSession,
  ) {}

  static async of(page: Page): Promise<Meter> {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new Meter(page, session);
  }

  async #metric(name: string): Promise<number> {
    const { metrics } = await this.session.send('Performance.getMetrics');
    return metrics.find((metric) => metric.name === name)?.value ?? NaN;
  }

  /** What `work` costs. */
  async cost(work: () => Promise<void>): Promise<Cost> {
    const main = await this.#metric('TaskDuration');
    const all = browserCpu();
    await work();
    return { main: ((await this.#metric('TaskDuration')) - main) * 1000, all: browserCpu() - all };
  }

  /** Bytes of the page's heap, after a collection. */
  async heap(): Promise<number> {
    await this.session.send('HeapProfiler.enable');
    await this.session.send('HeapProfiler.collectGarbage');
    return this.#metric('JSHeapUsedSize');
  }
}

/** Milliseconds of CPU that the browsers below this process have used. */
function browserCpu(): number {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const text = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      parents.set(Number(entry), Number(fields[1]));
      if (text.includes('(chromium') || text.includes('(chrome')) ticks.set(Number(entry), Number(fields[11]) + Number(fields[12]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) if (at === process.pid) return true;
    return false;
  };
  let sum = 0;
  for (const [pid, used] of ticks) if (below(pid)) sum += used;
  return (sum / TICKS) * 1000;
}

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** A line of the report: what, the figure, the budget. */
export function line(what: string, figure: number, unit: string, budget: string) {
  process.stdout.write(`| ${what} | ${figure >= 100 ? Math.round(figure) : Number(figure.toPrecision(3))} ${unit} | ${budget} |\n`);
}
