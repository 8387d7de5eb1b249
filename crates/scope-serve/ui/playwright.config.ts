import { defineConfig } from '@playwright/test';

// Drives the command itself in the system's Chromium: nothing is downloaded. SCOPE_BIN names the command.
export default defineConfig({
  testDir: './tests',
  outputDir: process.env['SCOPE_TEST_OUTPUT'] ?? './test-results',
  workers: 1,
  fullyParallel: false,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: process.env['SCOPE_CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] },
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    trace: 'off',
    screenshot: 'only-on-failure',
  },
});
