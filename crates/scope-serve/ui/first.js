// Which words the pages that come first can say: those that they and what they import name. The build leaves the others out of the first script; as all
// words are reached through one module, it cannot tell by itself.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const IMPORT = /^\s*(?:import|export)\s(?!type\b)[^'"();]*?from\s+['"]([^'"]+)['"]/gm;
const ENDINGS = ['', '.ts', '.svelte', '.svelte.ts', '/index.ts'];

/**
 * The keys of all words that `pages` can say without loading anything more.
 * @param {string[]} pages files below `src`
 * @returns {Set<string>}
 */
export function wordsOf(pages) {
  /** @type {Set<string>} */
  const words = new Set();
  const files = new Set(pages.map((page) => resolve('src', page)).filter((page) => existsSync(page)));
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const [, word] of text.matchAll(/\bm\.([a-z0-9_]+)/g)) if (word) words.add(word);
    for (const [, name] of text.matchAll(IMPORT)) {
      const found = name && fileOf(file, name);
      if (found) files.add(found);
    }
  }
  return words;
}

/**
 * The file of ours that `name` means in `from`; nothing for packages and for what is generated.
 * @param {string} from
 * @param {string} name
 */
function fileOf(from, name) {
  const base = name.startsWith('#lib/')
    ? join('src/lib', name.slice('#lib/'.length))
    : name.startsWith('.')
      ? join(dirname(from), name)
      : undefined;
  if (!base || base.includes('/paraglide/')) return undefined;
  return ENDINGS.map((end) => resolve(`${base}${end}`)).find((path) => /\.(ts|svelte)$/.test(path) && existsSync(path));
}
