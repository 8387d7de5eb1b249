// Asks the server for nodes by words, once whoever writes rests, the last question winning.
import { ask, type Found } from '#lib/api/client';

const QUIET = 200;

export class NodeSearch {
  hits = $state.raw<Found['hits']>([]);
  busy = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  look(words: string) {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    if (words.length < 2) {
      this.hits = [];
      this.busy = false;
      return;
    }
    this.busy = true;
    this.#timer = setTimeout(() => void this.#ask(words), QUIET);
  }

  async #ask(words: string) {
    const asking = (this.#asking = new AbortController());
    try {
      const found = await ask<Found>('search', { q: words, limit: 12 }, { signal: asking.signal });
      if (!asking.signal.aborted) this.hits = found.hits;
    } catch {
      // What is in the view is found without the server.
      if (!asking.signal.aborted) this.hits = [];
    } finally {
      if (!asking.signal.aborted) this.busy = false;
    }
  }
}
