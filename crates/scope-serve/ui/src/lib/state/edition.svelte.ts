// Whether the server has another edition of the page by now. Messages only add, so an open page goes on; but it does not know what is new in them.
import { resolve } from '$app/paths';
import { beginnings, isOther } from '../live/edition';

class Edition {
  /** Whether the page that the server has now is another one. */
  other = $state(false);
  readonly #own = typeof document === 'undefined' ? [] : beginnings(document.head.innerHTML);

  /** Looks, after a break: a server is replaced while it is away. */
  async look() {
    if (this.other) return;
    try {
      const answer = await fetch(resolve('/'), { headers: { accept: 'text/html' }, cache: 'no-cache' });
      if (answer.ok) this.other = isOther(this.#own, await answer.text());
    } catch {
      // It is away again: the next time that it is back tells.
    }
  }
}

export const edition = new Edition();
