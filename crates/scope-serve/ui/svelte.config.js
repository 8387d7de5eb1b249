import adapter from '@sveltejs/adapter-static';
import { completing } from './document.js';

// Two pages from one source: the app, which talks to its own server alone, and the hosts page, a document of its own that opens sockets to agents
// anywhere. `SCOPE_PAGE=hosts` builds the second, as static files for any web server.
const hosts = process.env.SCOPE_PAGE === 'hosts';

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    outDir: hosts ? '.svelte-kit-hosts' : '.svelte-kit',
    files: hosts
      ? {
          routes: 'src/hosts/routes',
          appTemplate: 'src/hosts/app.html',
          hooks: { universal: 'src/hosts/hooks', client: 'src/hosts/hooks.client' },
        }
      : {},
    adapter: hosts
      ? completing(adapter({ pages: 'build/hosts' }), { document: 'build/hosts/index.html' })
      : completing(adapter({ pages: 'build/app', fallback: 'index.html' }), {
          document: 'build/app/index.html',
          // The router wants the page of errors with any other.
          pages: ['routes/view/[view]/+page.svelte', 'routes/+error.svelte'],
        }),
    // Parts that are loaded later are named from the part that loads them: the server puts its base path into the document alone.
    paths: { relative: true },
    // What a server of our own says in a header, for those that say nothing: the hosts page may be anywhere.
    ...(hosts && {
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['none'],
          'script-src': ['self'],
          'style-src': ['self'],
          // The style of Kit's own announcer of pages.
          'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
          'img-src': ['self', 'data:', 'blob:'],
          'connect-src': ['self', 'ws:', 'wss:'],
          'base-uri': ['none'],
          'form-action': ['none'],
          'object-src': ['none'],
        },
      },
    }),
    alias: { '#lib/*': './src/lib/*' },
    version: { name: 'scope' },
  },
};
