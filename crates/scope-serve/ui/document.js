// What is put into the built documents: the script that speaks where nothing else could be loaded, and links to what the page that most come for needs, so that
// it is asked for with the first files instead of once they run. Over a slow line that is a round trip and a pause less.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('@sveltejs/kit').Adapter} Adapter */
/** @typedef {import('@sveltejs/kit').Builder} Builder */

/**
 * An adapter that goes on where `adapter` ends.
 * @param {Adapter} adapter
 * @param {{ document: string, page?: string }} of the document, and the source of the page to be loaded with it
 * @returns {Adapter}
 */
export function completing(adapter, { document, page }) {
  return {
    ...adapter,
    async adapt(builder) {
      await adapter.adapt(builder);
      let html = starting(readFileSync(document, 'utf8'));
      if (page) html = html.replace('</head>', `  ${links(html, builder, page).join('\n    ')}\n  </head>`);
      writeFileSync(document, html);
    },
  };
}

/** @param {string} html */
function starting(html) {
  const lines = readFileSync('src/start.js', 'utf8').split('\n');
  const script = lines.filter((line) => !line.trimStart().startsWith('//')).map((line) => line.trim());
  const text = script.join('\n');
  const hash = createHash('sha256').update(text).digest('base64');
  // Documents that bring their policy with them allow it there.
  return html
    .replace("script-src 'self'", `script-src 'self' 'sha256-${hash}'`)
    .replace('<body>', () => `<body>\n    <script>${text}</script>`);
}

/**
 * @param {string} html
 * @param {Builder} builder
 * @param {string} page
 */
function links(html, builder, page) {
  /** @type {Record<string, { file: string, imports?: string[], css?: string[] }>} */
  const manifest = JSON.parse(readFileSync(join(builder.getClientDirectory(), '.vite/manifest.json'), 'utf8'));
  const nodes = builder.getBuildDirectory('generated/client-optimized/nodes');
  const names = readdirSync(nodes).filter((name) => readFileSync(join(nodes, name), 'utf8').includes(page));
  const [entry] = Object.keys(manifest).filter((source) => names.some((name) => source.endsWith(`/nodes/${name}`)));
  if (names.length !== 1 || !entry) throw new Error(`no single part of the build is ${page}`);
  const found = new Set([entry]);
  for (const key of found) for (const next of manifest[key]?.imports ?? []) found.add(next);
  /** @param {string} file @param {string} rel */
  const link = (file, rel) => (html.includes(`/${file}"`) ? [] : [`<link href="/${file}" rel="${rel}">`]);
  return [...found]
    .flatMap((key) => manifest[key] ?? [])
    .flatMap(({ file, css = [] }) => [...link(file, 'modulepreload'), ...css.flatMap((one) => link(one, 'stylesheet'))]);
}
