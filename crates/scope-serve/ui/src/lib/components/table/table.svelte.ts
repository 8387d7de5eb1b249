// The state of the table of a view: which rows in which order, which columns, and when rows may change places. What is drawn of it is not here.
import { SvelteSet } from 'svelte/reactivity';
import { untrack } from 'svelte';
import { catalogue } from '#lib/state/catalogue.svelte';
import { names } from '#lib/state/names.svelte';
import { navigator } from '#lib/state/navigator.svelte';
import type { LiveView } from '#lib/state/live-view.svelte';
import { m } from '#lib/paraglide/messages';
import { keepChoice, keptChoice } from './choice';
import { edgeColumns, nodeColumns, type Column, type Words } from './columns';
import { Order } from './order';
import { readSorting, writeSorting, type Sorting } from './sorting';
import { Pace } from './pace';
import { EdgeRows, NodeRows, type Chosen, type Row, type Rows } from './rows';

const WORDS: () => Words = () => ({
  name: m.table_name(),
  condition: m.table_condition(),
  kind: m.table_kind(),
  parents: m.table_parents(),
  members: m.table_members(),
  connections: m.table_connections(),
  from: m.table_from(),
  to: m.table_to(),
  ports: m.table_ports(),
  names: m.table_server_names(),
  commands: m.table_commands(),
});

/** On a narrow screen, and on a tablet beside the sidebar, names are cut shorter, and figures come before the rest: that is what is in sight without scrolling. */
function arrange(columns: Column[]): Column[] {
  if (!matchMedia('(max-width: 900px)').matches) return columns;
  const narrow = columns.map((column) => ({ ...column, width: Math.min(column.width, 140) }));
  const first = narrow.filter((column) => column.key === 'name' || column.key === 'to');
  // A telephone has no room for much, and how something is comes before how much it uses.
  const how = matchMedia('(max-width: 640px)').matches ? narrow.filter(({ key }) => key === 'state' || key === 'health') : [];
  if (how.length) for (const column of [...first, ...how]) column.width = Math.min(column.width, how.includes(column) ? 80 : 120);
  first.push(...how);
  const others = narrow.filter((column) => !first.includes(column));
  return [...first, ...others.filter((column) => column.numeric), ...others.filter((column) => !column.numeric)];
}

export class TableState {
  order = $state.raw<number[]>([]);
  /** Somebody points at the rows, or moves among them by keys. */
  watched = $state(false);
  /** Somebody asked for the order to stay. */
  pinned = $state(false);
  neighbours = $state(false);
  #chosen = $state.raw<string[] | undefined>();
  #facts = new SvelteSet<string>();
  #kinds = new SvelteSet<string>();
  #grouped = $state(false);
  #figures = $state.raw<readonly string[]>([]);
  readonly #order = new Order();
  readonly #pace = new Pace();
  #numbers: number[] = [];
  /** The rows by number, and of what they are. Not changed once others stand in them: those in the order are what they were when it was made. */
  #rows: readonly (Row | undefined)[] = [];
  #of: { rows: Rows | undefined; revision: number } = { rows: undefined, revision: -1 };
  readonly #stop: () => void;

  readonly what = $derived(navigator.place.rows);
  readonly table = $derived(this.what === 'edges' ? 'edges' : navigator.place.view);
  readonly held = $derived(this.watched || this.pinned);
  // As texts, which are the same where a step elsewhere changes nothing about them: the rows are those that they were, and stay where they are.
  readonly #asked: string = $derived.by(() => {
    const { onlyProblems, hide, focus } = navigator.place;
    return JSON.stringify({ onlyProblems, hide, focus } satisfies Chosen);
  });
  readonly rows: Rows = $derived.by(() => {
    const chosen = JSON.parse(this.#asked) as Chosen;
    return this.what === 'edges'
      ? new EdgeRows(this.view.graph, chosen)
      : new NodeRows(this.view.graph, chosen, this.neighbours, (id) => names.of(id));
  });
  readonly columns: Column[] = $derived.by(() =>
    this.what === 'edges'
      ? edgeColumns(catalogue.fields, this.#figures, WORDS())
      : nodeColumns(catalogue.fields, this.#kinds, this.#figures, this.#facts, this.#grouped, WORDS()),
  );
  /** The columns that are shown; the name is always the first. */
  readonly shown: Column[] = $derived.by(() => {
    const chosen = this.#chosen;
    if (!chosen) return arrange(this.columns.filter((column) => column.usual));
    const others = chosen.filter((key) => key !== 'name').flatMap((key) => this.columns.find((column) => column.key === key) ?? []);
    return [...this.columns.filter((column) => column.key === 'name'), ...others];
  });
  readonly #sorted: string = $derived.by(() => {
    const asked = readSorting(navigator.place.sort);
    if (asked && this.columns.some((column) => column.key === asked.key)) return navigator.place.sort;
    const key = this.what === 'edges' ? 'open' : 'cpu_pct';
    return writeSorting(this.#figures.includes(key) ? { key, descending: true } : { key: 'name', descending: false });
  });
  readonly sorting: Sorting = $derived(readSorting(this.#sorted) ?? { key: 'name', descending: false });

  constructor(readonly view: LiveView) {
    this.#look([...view.graph.nodes.keys()]);
    this.#stop = view.listen((applied) => {
      if (applied.reset) this.#facts.clear();
      if (applied.reset) this.#kinds.clear();
      if (applied.nodes.length) this.#look(applied.nodes);
    });
    $effect(() => {
      const kept = keptChoice(this.table);
      this.#chosen = kept.columns;
      this.neighbours = kept.neighbours ?? false;
    });
    $effect(() => {
      // Another order was asked for: at once, wherever the pointer is.
      void [this.rows, this.sorting];
      untrack(() => this.#arrange(true));
    });
    $effect(() => {
      void this.view.structure;
      untrack(() => {
        this.#order.changed();
        this.#pace.ask();
        this.#figures = this.what === 'edges' ? [...this.view.graph.edgeMetrics] : this.view.graph.figureNames;
        this.#arrange(false);
      });
    });
    $effect(() => {
      void [this.view.version, this.held];
      untrack(() => this.#arrange(false));
    });
    $effect(() => {
      const { edgeMetrics, figureNames } = this.view.graph;
      this.#figures = this.what === 'edges' ? [...edgeMetrics] : figureNames;
    });
    $effect(() => {
      if (this.what === 'edges') return;
      const keys = [...this.shown.map(({ key }) => key), this.sorting.key];
      untrack(() => this.view.want(keys));
    });
  }

  end() {
    this.view.part = undefined;
    this.#stop();
  }

  row(at: number): Row | undefined {
    const n = this.order[at];
    return n === undefined ? undefined : this.#rows[n];
  }

  /** Whether the row still stands for what it did. */
  stands(row: Row): boolean {
    return this.rows.row(row.n)?.id === row.id;
  }

  sortBy(column: Column) {
    const { key, descending } = this.sorting;
    const next = key === column.key ? !descending : column.numeric || column.unit === 'time';
    void navigator.go({ sort: writeSorting({ key: column.key, descending: next }) }, true);
  }

  choose(columns: string[] | undefined) {
    this.#chosen = columns;
    this.#keep();
  }

  showNeighbours(shown: boolean) {
    this.neighbours = shown;
    this.#keep();
  }

  #keep() {
    keepChoice(this.table, { ...(this.#chosen ? { columns: this.#chosen } : {}), neighbours: this.neighbours });
  }

  #look(numbers: readonly number[]) {
    for (const n of numbers) {
      const node = this.view.graph.nodes.get(n);
      if (!node || node.role === 'pseudo' || (!this.neighbours && (node.role === 'stand_in' || node.role === 'uncontained'))) continue;
      if (!this.#kinds.has(node.kind)) this.#kinds.add(node.kind);
      for (const fact in node.facts.attrs) if (!this.#facts.has(fact)) this.#facts.add(fact);
      if (node.facts.members !== undefined) this.#grouped = true;
    }
  }

  #arrange(asked: boolean) {
    if (asked) this.#pace.ask();
    const { key, descending } = this.sorting;
    const moves = this.rows.figures(key) !== undefined || key === 'condition' || key === 'connections';
    if (!this.#pace.now(performance.now(), this.held && !asked, moves)) return;
    const { onlyProblems, focus } = navigator.place;
    const { revision } = this.view.graph;
    // Another order is of the same rows, unless it depends on figures who has one.
    if (this.#of.rows !== this.rows || this.#of.revision !== revision || onlyProblems) {
      this.#numbers = this.rows.all();
      const [of, rows] = [this.rows, [] as (Row | undefined)[]];
      for (const n of this.#numbers) rows[n] = of.row(n);
      this.#rows = rows;
      this.#of = { rows: of, revision };
    }
    this.view.part = (onlyProblems || focus) && this.what === 'nodes' ? this.#numbers : undefined;
    const column = this.columns.find((column) => column.key === key);
    this.order = this.#order.sort(this.rows, this.#numbers, column, descending);
  }
}
