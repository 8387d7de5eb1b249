// Any web server: hands out the hosts page from a folder of its own, and knows nothing of the page.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../build/hosts', import.meta.url));
const TYPES: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
  json: 'application/json',
};

export interface Files {
  /** Of the page, with `index.html` spelt out. */
  url: string;
  origin: string;
  end(): Promise<void>;
}

export async function files(folder = '/some/where/'): Promise<Files> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    const name = path.startsWith(folder) && !path.includes('..') ? path.slice(folder.length) || 'index.html' : '';
    readFile(`${BUILT}/${name}`).then(
      (body) => response.writeHead(200, { 'content-type': TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream' }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const end = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `${origin}${folder}index.html`, origin, end };
}
