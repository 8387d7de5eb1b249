import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

// `vite dev` shows a running server's data: SCOPE_SERVER names it.
const server = process.env.SCOPE_SERVER ?? 'http://127.0.0.1:4040';
const proxy = {
  '/api': { target: server, ws: true, headers: { origin: server }, changeOrigin: true },
  '/healthz': { target: server, changeOrigin: true },
};

// SvelteKit hides its announcer with an inline style, which the page's policy forbids: the announcer would stand in the page as text. A class does the same.
const announcer = {
  name: 'announcer-by-class',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    return id.split('?')[0]?.endsWith('/generated/root.svelte') ? code.replace(/ style="[^"]*"/, ' class="sr-only"') : undefined;
  },
};

export default defineConfig({
  plugins: [
    announcer,
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/lib/paraglide',
      strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
    }),
    tailwindcss(),
    sveltekit(),
  ],
  server: { proxy },
  preview: { proxy },
  worker: { format: 'es' },
  build: { target: 'es2022', sourcemap: false },
});
