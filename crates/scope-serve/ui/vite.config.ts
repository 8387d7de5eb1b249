import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

import { wordsOf } from './first.js';

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

// Which plural a number takes is asked for each count on the page, each second, and finding the rules of a language takes longer than all else about a sentence.
const plurals = {
  name: 'plural-rules-once',
  enforce: 'post' as const,
  transform(code: string, id: string) {
    if (!id.split('?')[0]?.endsWith('/paraglide/registry.js')) return undefined;
    const anew = 'new Intl.PluralRules(locale, options)';
    if (!code.includes(anew)) throw new Error('plural rules are made in another way than before: see vite.config.ts');
    return `${code.replace(anew, 'rulesOf(locale, options)')}
const rules = {};
const rulesOf = (locale, options) => (rules[locale + JSON.stringify(options)] ??= ${anew});`;
  },
};

// What the first view needs comes as one file: each file costs half a kilobyte of headers and a wait of its own, and compresses by itself. What is loaded later
// stays apart, and the words that only it says are one file of their own.
const FIRST = ['+layout', '+error', '+page', 'view/[view]/+page'].flatMap((page) => [
  `routes/${page}.svelte`,
  `hosts/routes/${page}.svelte`,
]);
const words = wordsOf(FIRST);
const isFirst = (id: string) =>
  FIRST.some((page) => id.endsWith(`/src/${page}`)) || /\/kit\/src\/runtime\/client\/(entry|client)\.js$/.test(id);
const isSaidLater = (id: string) => {
  const word = /\/paraglide\/messages\/([a-z0-9][a-z0-9_]*)\.js$/.exec(id)?.[1];
  return word !== undefined && !words.has(word);
};

const groups = [
  { name: 'language', test: /\/paraglide\/(runtime|registry)\.js$/, priority: 3 },
  { name: 'words', test: isSaidLater, priority: 2 },
  { name: 'first', test: isFirst, priority: 1 },
];

export default defineConfig({
  plugins: [
    announcer,
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/lib/paraglide',
      strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
    }),
    plurals,
    tailwindcss(),
    sveltekit(),
  ],
  server: { proxy },
  preview: { proxy },
  worker: { format: 'es' },
  build: { target: 'es2022', sourcemap: false },
  environments: { client: { build: { rolldownOptions: { output: { codeSplitting: { groups } } } } } },
});
