// Pictures of every screen, in all themes, sizes and languages, to be looked at: `npm run looks`. SCOPE_BIN names the command. Nothing is asserted but that each
// screen is reached; what measures can tell of its look goes to faults.txt beside the pictures.
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '*.look.ts',
  outputDir: fileURLToPath(new URL('../test-results/looks-work', import.meta.url)),
  workers: 1,
  fullyParallel: false,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['line']],
  globalTeardown: './index.ts',
  use: {
    actionTimeout: 6000,
    navigationTimeout: 30_000,
    browserName: 'chromium',
    launchOptions: {
      executablePath: process.env['SCOPE_CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-features=LocalNetworkAccessChecks'],
    },
  },
});
