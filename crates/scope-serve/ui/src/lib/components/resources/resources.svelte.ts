// The state of the resources of a view: where hosts, what runs on them and what is in that come from, and when rows may change places.
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { Graph } from '#lib/model/graph';
import { wantedFigures } from '#lib/model/wanted';
import { LiveView } from '#lib/state/live-view.svelte';
import { navigator } from '#lib/state/navigator.svelte';
import { quoted } from '../panel/links';
import { Pace } from '../table/pace';
import { fleetOf, type Resource } from './fleet';
import { rowsOf, Steady, type Fleet, type Row } from './tree';

const METRICS: readonly Resource[] = ['cpu_pct', 'mem_bytes'];

/** Each is a subscription of its own: more than a screen shows is not kept. */
const MOST_OPEN = 12;
/** So few hosts are open from the beginning. */
const FEW_HOSTS = 3;
const OPENS = new Set(['container', 'pod']);

/** Those that the views of the page have: the server works them out once for all who ask the same. */
const FIGURES = wantedFigures([]);

export class ResourcesState {
  rows = $state.raw<Row[]>([]);
  watched = $state(false);
  ofCapacity = $state(true);
  readonly metric: Resource = $derived(METRICS.find((metric) => metric === navigator.place.metric) ?? 'cpu_pct');
  /** What is open by itself, as there are so few hosts. */
  #few = $state.raw<readonly string[]>([]);
  readonly open: readonly string[] = $derived([
    ...navigator.place.open.filter((key) => !key.startsWith('-')),
    ...this.#few.filter((key) => !navigator.place.open.includes(`-${key}`)),
  ]);
  /** Nodes that are drawn as one belong to no host alone: each is a row. */
  readonly grouped: boolean = $derived.by(() => {
    void this.view.structure;
    return [...this.view.graph.nodes.values()].some((node) => node.role === 'group');
  });
  readonly #hosts: LiveView | undefined;
  readonly #parts: LiveView | undefined;
  readonly #inside = new SvelteMap<string, LiveView>();
  readonly #steady = new Steady();
  readonly #pace = new Pace();

  /** To be made while a component is. `of` is the kind of node that the view shows. */
  constructor(
    readonly view: LiveView,
    of: string,
  ) {
    const other = (name: string) =>
      view.question.view === name ? undefined : new LiveView({ view: name, filter: '', groupBy: '', show: [], metrics: FIGURES });
    this.#hosts = other('hosts');
    // Views of images or processes say nothing of containers' use: those come from the view that does.
    this.#parts = of === 'container' || of === 'pod' ? undefined : other('containers');
    $effect(() => this.#follow());
    $effect(() => {
      void [this.metric, this.ofCapacity];
      untrack(() => this.#arrange(true));
    });
    $effect(() => {
      // A row that is opened or closed stays where it is, as do the others.
      void [this.open, this.view.version, this.#hosts?.version, this.#parts?.version, this.watched];
      for (const live of this.#inside.values()) void live.version;
      untrack(() => this.#arrange(false));
    });
  }

  readonly loaded: boolean = $derived.by(() => (this.#hosts?.loaded ?? this.view.loaded) && (this.#parts?.loaded ?? this.view.loaded));

  toggle(key: string, open: boolean) {
    const others = navigator.place.open.filter((one) => one !== key && one !== `-${key}`);
    const told = this.#few.includes(key) ? (open ? [] : [`-${key}`]) : open ? [key] : [];
    void navigator.go({ open: [...others, ...told] }, true);
  }

  end() {
    this.#hosts?.end();
    this.#parts?.end();
    for (const live of this.#inside.values()) live.end();
    this.#inside.clear();
  }

  /** Asks for what is in what is open, and for no more. */
  #follow() {
    const wanted = this.open.filter((id) => OPENS.has(id.slice(0, id.indexOf(':')))).slice(-MOST_OPEN);
    untrack(() => {
      for (const [id, live] of this.#inside) {
        if (wanted.includes(id)) continue;
        live.end();
        this.#inside.delete(id);
      }
      for (const id of wanted) {
        if (this.#inside.has(id)) continue;
        const question = { view: 'processes', filter: `parents=${quoted(id)}`, groupBy: '', show: ['unconnected'], metrics: FIGURES };
        this.#inside.set(id, new LiveView(question));
      }
    });
  }

  #arrange(asked: boolean) {
    const fleet = this.#fleet();
    const few = fleet.hosts.length <= FEW_HOSTS ? fleet.hosts.map(({ id }) => id) : [];
    if (few.join() !== this.#few.join()) this.#few = few;
    if (asked) this.#pace.ask();
    if (this.#pace.now(performance.now(), this.watched && !asked, true)) this.#steady.look(fleet);
    else this.#steady.meet(fleet);
    this.rows = rowsOf(fleet, this.#steady, { open: this.open, ofCapacity: this.ofCapacity, opens: OPENS });
  }

  #fleet(): Fleet {
    const inside = [...this.#inside].map(([id, live]): [string, Graph] => [id, live.graph]);
    return fleetOf((this.#hosts ?? this.view).graph, (this.#parts ?? this.view).graph, inside, this.metric, this.grouped);
  }
}
