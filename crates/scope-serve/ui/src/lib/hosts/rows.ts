// Which containers of a host are shown, in what order. Remembers the order of last time: it is nearly that of now, which sorting makes use of.
import { isBusy, type Container, type Host } from './host';
import { compare, type SortBy } from './order';

export interface Wanted {
  search: string;
  sort: SortBy;
  busy: boolean;
}

export class Rows {
  #order: Container[] = [];
  #version = -1;
  #shown: readonly Container[] = [];

  /** The same array as last time where nothing has moved. `url` is what the host is found by, too; while they are `still`, rows do not overtake each other. */
  of(host: Host, wanted: Wanted, url: string, still = false): readonly Container[] {
    if (this.#version !== host.version) {
      this.#version = host.version;
      const kept = this.#order.filter((container) => host.containers.get(container.id) === container);
      if (kept.length < host.containers.size) {
        const before = new Set(kept);
        for (const container of host.containers.values()) if (!before.has(container)) kept.push(container);
      }
      this.#order = kept;
    }
    if (!still) this.#order.sort(compare(wanted.sort));
    const rows = filtered(this.#order, host, wanted, url);
    if (rows.length !== this.#shown.length || rows.some((row, at) => row !== this.#shown[at])) this.#shown = rows;
    return this.#shown;
  }
}

function filtered(all: readonly Container[], host: Host, wanted: Wanted, url: string): readonly Container[] {
  const text = wanted.search.trim().toLowerCase();
  // A host that is asked for by its own name shows all that it has.
  const every = text === '' || host.agent.toLowerCase().includes(text) || url.includes(text);
  return all.filter((each) => (every || each.lower.includes(text) || each.id.startsWith(text)) && (!wanted.busy || isBusy(each)));
}
