// What every test of the page has: a server, a fleet, and a page that fails the test where it breaks its policy, throws, or asks anybody else for anything.
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { Fleet } from './fleet';
import { Server } from './server';

interface Fixtures {
  /** A server with a fleet of 3 hosts and 12 containers each, whose figures move. */
  fleetServer: Server;
  /** A server that nothing reports to. */
  emptyServer: Server;
  /** What went wrong in the page so far. */
  faults: string[];
}

export const test = base.extend<Fixtures>({
  fleetServer: async ({}, use) => {
    const server = await Server.start('--no-collect');
    const fleet = new Fleet(3, 12);
    await fleet.report(server);
    const stop = fleet.run(server);
    await use(server);
    await stop();
    await server.end();
  },

  emptyServer: async ({}, use) => {
    const server = await Server.start('--no-collect');
    await use(server);
    await server.end();
  },
  faults: [
    async ({ page }, use) => {
      const faults: string[] = [];
      watch(page, faults);
      await use(faults);
      expect(faults, 'the page threw, broke its policy, asked another server or ran what a name said').toEqual([]);
    },
    { auto: true },
  ],
});

function watch(page: Page, faults: string[]) {
  page.on('pageerror', (error) => faults.push(`threw: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) faults.push(`policy: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['127.0.0.1', 'localhost'].includes(url.hostname) && !['data:', 'blob:'].includes(url.protocol)) faults.push(`asked ${url.host}`);
  });
}

export const THEMES = ['light', 'dark', 'contrast'] as const;

/** Chooses a theme the way a browser remembers it; takes effect with the next load. */
export async function inTheme(page: Page, theme: (typeof THEMES)[number]) {
  await page.addInitScript((chosen) => localStorage.setItem('scope.theme', chosen), theme);
}

/** What axe finds wrong by WCAG 2.2 A and AA, in a form that a failed test shows well. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  return violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${(node.failureSummary ?? '').replaceAll('\n', ' ')}`),
  );
}

export { expect };
