// Where signing in leads back to: a place of this app, and nothing else, whatever a link says. Text only.

/** The path and query to go to, or `home` where `back` is no place of the app at `origin` below `base`. */
export function safeBack(back: string | null, origin: string, base: string, home: string): string {
  if (!back?.startsWith('/')) return home;
  let url: URL;
  try {
    url = new URL(back, origin);
  } catch {
    return home;
  }
  if (url.origin !== origin || !(url.pathname === base || url.pathname.startsWith(`${base}/`))) return home;
  if (url.pathname.startsWith(`${base}/sign-in`) || url.pathname.startsWith(`${base}/api/`)) return home;
  return url.pathname + url.search;
}

/** A one-time code after the `#` of a link; tokens are not taken from links, so that none signs anybody in with somebody else's. */
export function codeOf(hash: string): string | undefined {
  const code = hash.replace(/^#/, '');
  return /^scope_code_[\w-]+$/.test(code) ? code : undefined;
}
