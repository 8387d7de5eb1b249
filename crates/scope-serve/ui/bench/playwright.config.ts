// What the page costs, measured in the system's Chromium: `make ui-bench`. SCOPE_BIN names the command. Tests of what the page does are in tests/.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '*.bench.ts',
  outputDir: process.env['SCOPE_TEST_OUTPUT'] ?? '../test-results/bench',
  workers: 1,
  fullyParallel: false,
  timeout: 3_600_000,
  reporter: process.env['SCOPE_BENCH_QUIET'] ? 'null' : 'list',
  globalSetup: './begin.ts',
  globalTeardown: './report.ts',
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: process.env['SCOPE_CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] },
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
  },
});
