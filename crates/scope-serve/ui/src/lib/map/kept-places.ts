// Where somebody dragged what, kept in this browser for each view and way of clustering. Text in storage, no drawing.

export interface KeptPlaces {
  /** The corner of a node, by its id. */
  nodes: Record<string, [x: number, y: number]>;
  /** How far a cluster was dragged, by its key. */
  clusters: Record<string, [x: number, y: number]>;
}

/** More than this was not dragged by hand. */
const MOST = 500;

export class PlaceKeeper {
  #places: KeptPlaces;
  readonly #key: string;

  constructor(
    view: string,
    arrangement: string,
    clusterBy: string,
    private readonly storage: Storage | undefined,
  ) {
    this.#key = `scope.map.places:${[view, arrangement, clusterBy].map(encodeURIComponent).join('/')}`;
    this.#places = this.#read();
  }

  get places(): KeptPlaces {
    return this.#places;
  }

  get count(): number {
    return Object.keys(this.#places.nodes).length + Object.keys(this.#places.clusters).length;
  }

  drag(id: string, x: number, y: number) {
    this.#places.nodes = newest({ ...without(this.#places.nodes, id), [id]: [Math.round(x), Math.round(y)] });
    this.#write();
  }

  dragCluster(key: string, x: number, y: number) {
    this.#places.clusters = newest({ ...without(this.#places.clusters, key), [key]: [Math.round(x), Math.round(y)] });
    this.#write();
  }

  reset() {
    this.#places = { nodes: {}, clusters: {} };
    this.#write();
  }

  #read(): KeptPlaces {
    try {
      const kept: unknown = JSON.parse(this.storage?.getItem(this.#key) ?? '{}');
      const part = (name: string) => (typeof kept === 'object' && kept !== null ? sound((kept as Record<string, unknown>)[name]) : {});
      return { nodes: part('nodes'), clusters: part('clusters') };
    } catch {
      return { nodes: {}, clusters: {} };
    }
  }

  #write() {
    try {
      if (this.count) this.storage?.setItem(this.#key, JSON.stringify(this.#places));
      else this.storage?.removeItem(this.#key);
    } catch {
      // A browser that keeps nothing still shows what was dragged for now.
    }
  }
}

type Kept = Record<string, [number, number]>;

function sound(kept: unknown): Kept {
  const places: Kept = {};
  if (typeof kept !== 'object' || kept === null) return places;
  for (const [key, at] of Object.entries(kept)) {
    if (Array.isArray(at) && at.length === 2 && at.every((value) => Number.isFinite(value))) places[key] = [Number(at[0]), Number(at[1])];
  }
  return places;
}

const without = (kept: Kept, key: string): Kept => Object.fromEntries(Object.entries(kept).filter(([one]) => one !== key));
const newest = (kept: Kept): Kept => Object.fromEntries(Object.entries(kept).slice(-MOST));
