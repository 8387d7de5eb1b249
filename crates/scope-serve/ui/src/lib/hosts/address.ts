// Addresses of agents as people paste them, made into WebSocket URLs; and why one of them cannot be. Opens nothing.

/** Where `scope collect --listen` is, in all that is written about it. */
const PORT = 8080;
/** Longer is no address that somebody typed. */
const LONGEST = 2048;

export type AddressFault = 'empty' | 'scheme' | 'spaces' | 'host' | 'port' | 'password' | 'fragment' | 'long' | 'invalid';

export type Address = { url: string } | { fault: AddressFault };

/**
 * `host`, `host:8080`, `http(s)://…` and `ws(s)://…` as a URL for a WebSocket. A bare name means the usual port; on a page that came by https, where
 * browsers open `wss` only, it means a proxy with TLS.
 */
export function address(text: string, secure = false): Address {
  const typed = text.trim();
  if (typed === '') return { fault: 'empty' };
  if (typed.length > LONGEST) return { fault: 'long' };
  if (/\s/.test(typed)) return { fault: 'spaces' };
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(typed)?.[1]?.toLowerCase();
  if (scheme !== undefined && !['ws', 'wss', 'http', 'https'].includes(scheme)) return { fault: 'scheme' };
  const bare = scheme === undefined;
  const rest = bare ? bracketed(typed) : typed.slice(scheme.length + 3);
  const authority = rest.split(/[/?#]/, 1)[0] ?? '';
  if (authority.includes('@')) return { fault: 'password' };
  const port = /:(\d*)$/.exec(authority)?.[1];
  if (port !== undefined && (port === '' || Number(port) < 1 || Number(port) > 65535)) return { fault: 'port' };
  if (/^(:|$)/.test(authority)) return { fault: 'host' };
  if (/^[^[]*:[^:]*[^\d:]/.test(authority)) return { fault: 'port' };
  if (rest.includes('#')) return { fault: 'fragment' };
  const safe = scheme === 'wss' || scheme === 'https' || (bare && secure);
  const usual = bare && !secure && port === undefined ? `:${PORT}` : '';
  let url: URL;
  try {
    url = new URL(`${safe ? 'wss' : 'ws'}://${authority}${usual}${rest.slice(authority.length)}`);
  } catch {
    return { fault: 'invalid' };
  }
  return url.hostname === '' ? { fault: 'host' } : { url: url.href };
}

/** `::1` is an IPv6 address without its brackets. */
function bracketed(typed: string): string {
  return /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(typed) ? `[${typed}]` : typed;
}

export type Line = { text: string } & Address & { known: boolean };

/** Everything that was pasted: separated by lines, spaces or commas, quotes and list marks aside. `known` ones are there already, or stand above. */
export function addresses(text: string, known: Iterable<string>, secure = false): Line[] {
  const seen = new Set(known);
  const lines: Line[] = [];
  for (const word of text
    .split(/[\s,;]+/)
    .map(unlisted)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))) {
    const found = address(word, secure);
    const there = 'url' in found && seen.has(found.url);
    if ('url' in found) seen.add(found.url);
    lines.push({ text: word, ...found, known: there });
  }
  return lines;
}

/** An entry without the marks of the list that it stood in: `- a`, `"a"`, `["a"]`. */
function unlisted(word: string): string {
  const inner = word.replace(/^\[(?=["'])/, '').replace(/(["'])\]$/, '$1');
  return inner.replace(/^["'(<*-]+|["')>]+$/g, '');
}

/** What an agent is called until it has said its name. */
export function shortAddress(url: string): string {
  try {
    const parsed = new URL(url);
    const path = parsed.pathname === '/' ? '' : parsed.pathname;
    return `${parsed.host}${path}${parsed.search}`;
  } catch {
    return url;
  }
}

/** Whether a page from `origin` may not open this URL at all: browsers let pages that came by https open `wss` only, but to this machine itself. */
export function isMixed(url: string, pageProtocol: string): boolean {
  if (pageProtocol !== 'https:') return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'ws:' && !/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
