// Takes the pictures: each screen in each look.
import { appendFileSync, mkdirSync } from 'node:fs';
import { test } from '@playwright/test';
import { faultsOf } from './faults';
import { freshPage } from './fresh';
import { LOOKS, OUT } from './matrix';
import { SCREENS } from './screens';
import { endWorlds, world } from './worlds';

test.afterAll(endWorlds);

for (const look of LOOKS) {
  const folder = `${OUT}/${look.name}`;
  test.describe(look.name, () => {
    test.beforeAll(() => mkdirSync(folder, { recursive: true }));
    for (const screen of SCREENS) {
      test(`${screen.name} `, async ({ browser }) => {
        const { theme, locale, width, height, touch } = look;
        const context = await browser.newContext({
          viewport: { width, height },
          locale,
          hasTouch: touch,
          isMobile: touch,
          ignoreHTTPSErrors: screen.unsigned ?? false,
        });
        const there = await world(screen.world);
        if (there.server) await freshPage(context);
        await context.addInitScript((chosen) => localStorage.setItem('scope.theme', chosen), theme);
        const page = await context.newPage();
        const faults: string[] = [];
        page.on('pageerror', (error) => faults.push(`threw: ${error.message}`));
        await page.goto(there.url + screen.path);
        await page.waitForTimeout(1200);
        try {
          await screen.act?.(page, there);
        } catch (error) {
          faults.push(`not reached: ${String(error).slice(0, 200)}`);
        }
        await page.waitForTimeout(screen.settle ?? 1000);
        await page.screenshot({ path: `${folder}/${screen.name}.png` });
        faults.push(...(await faultsOf(page, touch)));
        for (const fault of faults) appendFileSync(`${OUT}/faults.txt`, `${look.name} ${screen.name}: ${fault}\n`);
        await context.close();
        await screen.undo?.(there);
      });
    }
  });
}
