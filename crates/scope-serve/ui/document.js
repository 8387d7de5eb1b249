// What is put into the built documents: the script that speaks where nothing else could be loaded, and links to what the page that most come for needs, so that
// it is asked for with the first files instead of once they run. Over a slow line that is a round trip and a pause less.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

/** @typedef {import('@sveltejs/kit').Adapter} Adapter */
/** @typedef {import('@sveltejs/kit').Builder} Builder */

/**
 * An adapter that goes on where `adapter` ends.
 * @param {Adapter} adapter
 * @param {{ document: string, pages?: string[] }} of the document, and the sources of the pages to be loaded with it
 * @returns {Adapter}
 */
export function completing(adapter, { document, pages }) {
  return {
    ...adapter,
    async adapt(builder) {
      await adapter.adapt(builder);
      let html = starting(readFileSync(document, 'utf8'));
      if (pages) html = html.replace('</head>', `  ${links(html, builder, pages).join('\n    ')}\n  </head>`);
      writeFileSync(document, html);
      pack(dirname(document));
    },
  };
}

/**
 * Writes each file that browsers keep a second time, compressed as well as it can be: for servers that hand out `.br` files, as our own does.
 * @param {string} folder
 */
function pack(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path);
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }));
  }
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
 * @param {string[]} pages
 */
function links(html, builder, pages) {
  /** @type {Record<string, { file: string, imports?: string[], css?: string[] }>} */
  const manifest = JSON.parse(readFileSync(join(builder.getClientDirectory(), '.vite/manifest.json'), 'utf8'));
  const nodes = builder.getBuildDirectory('generated/client-optimized/nodes');
  const names = readdirSync(nodes);
  const found = new Set(
    pages.map((page) => {
      const [name, ...more] = names.filter((name) => readFileSync(join(nodes, name), 'utf8').includes(page));
      const entry = name && Object.keys(manifest).find((source) => source.endsWith(`/nodes/${name}`));
      if (!entry || more.length > 0) throw new Error(`no single part of the build is ${page}`);
      return entry;
    }),
  );
  for (const key of found) for (const next of manifest[key]?.imports ?? []) found.add(next);
  /** @param {string} file @param {string} rel */
  const link = (file, rel) => (html.includes(`/${file}"`) ? [] : [`<link href="/${file}" rel="${rel}">`]);
  return [...found]
    .flatMap((key) => manifest[key] ?? [])
    .flatMap(({ file, css = [] }) => [...link(file, 'modulepreload'), ...css.flatMap((one) => link(one, 'stylesheet'))]);
}
