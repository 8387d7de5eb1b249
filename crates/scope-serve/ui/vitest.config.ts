import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Unit tests are of plain TypeScript; what is drawn is tested in a browser.
export default defineConfig({
  resolve: { alias: { '#lib': fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
