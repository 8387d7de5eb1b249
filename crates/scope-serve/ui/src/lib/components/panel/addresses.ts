// Addresses of single connections as people read them: which container or host has one, and on which network. From what nodes say of their networks.
import type { Attribute } from '#lib/live/messages';
import type { Graph } from '#lib/model/graph';

export interface Address {
  /** Address and port. */
  text: string;
  /** Who has it, where that is known. */
  name?: string;
  /** The network that it is of, by its name where that is known. */
  network?: string;
}

type Attrs = Readonly<Record<string, Attribute>>;

const SHORT = 12;

/** Knows the addresses of the nodes of a view, and of the one that is looked at. */
export class AddressBook {
  readonly #names = new Map<string, string>();
  readonly #networks = new Map<string, string>();

  constructor(graph: Graph, more: readonly { name: string; attrs: Attrs }[] = []) {
    for (const node of graph.nodes.values()) this.#add(node.name, node.facts.attrs ?? {}, node.facts.addresses);
    for (const { name, attrs } of more) this.#add(name, attrs);
  }

  #add(name: string, attrs: Attrs, addresses: readonly string[] = []) {
    const networks = Array.isArray(attrs['networks']) ? attrs['networks'] : [];
    for (const network of networks) {
      if (network === null || typeof network !== 'object' || Array.isArray(network)) continue;
      const id = String(network['id'] ?? '');
      if (typeof network['name'] === 'string') this.#networks.set(id, network['name']);
      for (const key of ['ipv4', 'ipv6']) if (network[key]) this.#names.set(`net:${id}|${String(network[key])}`, name);
    }
    const own = Array.isArray(attrs['addresses']) && networks.length === 0 ? attrs['addresses'] : addresses;
    for (const address of own) if (typeof address === 'string') this.#names.set(address, name);
  }

  /** What an address such as `net:4be1…|172.18.0.3:5432` is. */
  read(text: string): Address {
    const bar = text.indexOf('|');
    const scope = text.slice(0, Math.max(0, bar));
    const rest = text.slice(bar + 1);
    const ip = rest.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    const name = this.#names.get(scope ? `${scope}|${ip}` : ip) ?? (scope.startsWith('host:') ? scope.slice('host:'.length) : undefined);
    const id = scope.startsWith('net:') ? scope.slice('net:'.length) : undefined;
    const network = id === undefined ? scope : (this.#networks.get(id) ?? id.slice(0, SHORT));
    return { text: rest, ...(name ? { name } : {}), ...(network ? { network } : {}) };
  }
}
