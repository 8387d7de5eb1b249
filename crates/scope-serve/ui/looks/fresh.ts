// With SCOPE_LOOKS_BUILT, a folder such as `build`, the page that was built last takes the place of the one in the command: no build of the command is needed to
// see a change. It comes without the server's policy.
import { readFileSync } from 'node:fs';
import type { BrowserContext } from '@playwright/test';

const BUILT = process.env['SCOPE_LOOKS_BUILT'];
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

export async function freshPage(context: BrowserContext) {
  if (!BUILT) return;
  await context.route(
    (url) => !/^\/(api|healthz)/.test(url.pathname),
    (route) => {
      const { pathname } = new URL(route.request().url());
      const hosts = pathname.startsWith('/hosts');
      const name = pathname.replace(/^\/hosts\/?/, '').replace(/^\//, '');
      const path = /\.\w+$/.test(name) ? name : 'index.html';
      try {
        const body = readFileSync(`${BUILT}/${hosts ? 'hosts' : 'app'}/${path}`);
        return route.fulfill({ body, contentType: TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream' });
      } catch {
        return route.fulfill({ status: 404 });
      }
    },
  );
}
