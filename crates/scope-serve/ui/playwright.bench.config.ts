import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

// Measures instead of asserting: `make ui-bench`.
export default defineConfig(tests, { testDir: './tests/bench', testMatch: '*.bench.ts', timeout: 3_600_000 });
