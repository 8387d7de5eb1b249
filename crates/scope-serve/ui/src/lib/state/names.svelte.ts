// Names of things that are told by their id, and that the view on the page does not have: the container whose processes are looked at. Whoever learns a name says
// so; what only stands in a link is asked for, once.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { ask, type NodeFull } from '../api/client';

/** Nobody looks back further. */
const MOST = 200;
const ID = /^(?:container|pod|host|image|service|process):./;

class Names {
  readonly #known = new SvelteMap<string, string>();
  readonly #asked = new SvelteSet<string>();

  keep(id: string, name: string) {
    if (this.#known.get(id) === name) return;
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(id, name);
  }

  of(id: string): string | undefined {
    return this.#known.get(id);
  }

  /** Asks for it where it is an id that nobody has said the name of. */
  async look(id: string) {
    if (!ID.test(id) || this.#known.has(id) || this.#asked.has(id) || this.#asked.size >= MOST) return;
    this.#asked.add(id);
    try {
      const { name } = await ask<NodeFull>(`nodes/${encodeURIComponent(id)}`);
      if (name) this.keep(id, name);
    } catch {
      // The id does as well.
    }
  }
}

export const names = new Names();
