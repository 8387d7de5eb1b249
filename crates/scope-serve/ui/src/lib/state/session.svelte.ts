// Signing in and out. Who is signed in is in the catalogue.
import { goto } from '$app/navigation';
import { base, resolve } from '$app/paths';
import { ask, rememberCsrf, type WhoAmI } from '../api/client';
import { safeBack } from '../model/back';
import { catalogue } from './catalogue.svelte';

class Session {
  /** The link to the page that signs in, and leads back to where somebody is. */
  signInLink(from: URL): string {
    const back = from.pathname + from.search;
    const home = back === resolve('/') || from.pathname === resolve('/sign-in');
    return resolve('/sign-in') + (home ? '' : `?back=${encodeURIComponent(back)}`);
  }

  /** Opens a session. Fails with an `ApiError`. */
  async signIn(token: string) {
    const me = await ask<WhoAmI>('session', {}, { method: 'POST', json: { token } });
    rememberCsrf(me.csrf);
    await catalogue.load();
  }

  async goBack(back: string | null) {
    // eslint-disable-next-line svelte/no-navigation-without-resolve -- it is a path that the app was at
    await goto(safeBack(back, location.origin, base, resolve('/')), { replaceState: true });
  }

  async signOut() {
    try {
      await ask('session', {}, { method: 'DELETE' });
    } finally {
      rememberCsrf(undefined);
      // Nothing of what was seen before stays in memory.
      location.assign(resolve('/sign-in'));
    }
  }
}

export const session = new Session();
