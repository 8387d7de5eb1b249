// All agents of the hosts page: which there are, kept in this browser; what is shown of them; drawing when frames came, and no more often than eyes see.
import { Agent } from './agent.svelte';
import { aside } from './aside.svelte';
import { GATHER } from './exchange';
import { Journal } from './journal';
import { MOST_AGENTS, merged, readList, written } from './registry';
import type { Place } from './place';
import { totalsOf, type Totals } from './totals';

const KEY = 'scope.agents';
/** Milliseconds from one drawing to the next. */
const PAUSE = 400;
/** Where nothing was drawn for so long, what waits for its turn has it. */
const QUIET = 2000;

export class Dashboard {
  agents = $state.raw<readonly Agent[]>([]);
  place = $state.raw<Place>({ search: '', sort: 'cpu', busy: false, smooth: true, look: 'cards', debug: false });
  now = $state(Date.now());
  /** Counts drawings, and seconds where there are none for a while: what takes turns goes by it. */
  turn = $state(0);
  totals = $state.raw<Totals>(totalsOf([]));
  /** What was removed last, until it is too late to undo. */
  removed = $state.raw<readonly { agent: Agent; at: number }[]>([]);
  /** The list could not be kept: browsers may forbid it. */
  unkept = $state(false);
  readonly journal = new Journal();
  journalVersion = $state(0);
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
  readonly #dirty = new Set<Agent>();
  #planned = false;
  #drawn = -Infinity;
  #timer: ReturnType<typeof setInterval> | undefined;

  start() {
    this.#list(this.#kept());
    this.#timer = setInterval(() => this.#tick(), 1000);
    addEventListener('storage', this.#elsewhere);
    addEventListener('online', this.retryAll);
    document.addEventListener('visibilitychange', this.#seen);
    return () => {
      clearInterval(this.#timer);
      removeEventListener('storage', this.#elsewhere);
      removeEventListener('online', this.retryAll);
      document.removeEventListener('visibilitychange', this.#seen);
      for (const agent of this.agents) agent.end();
    };
  }

  get urls(): string[] {
    return this.agents.map((agent) => agent.url);
  }

  set(place: Place) {
    this.place = place;
    this.journal.on = place.debug;
    aside.raw(place.debug);
    this.#all();
  }

  add(urls: readonly string[]) {
    this.#list(merged(this.urls, urls));
    this.#keep();
  }

  replace(urls: readonly string[]) {
    this.#list([...urls]);
    this.#keep();
  }

  remove(gone: readonly Agent[]) {
    this.removed = gone.map((agent) => ({ agent, at: this.agents.indexOf(agent) }));
    for (const agent of gone) agent.end();
    this.agents = this.agents.filter((agent) => !gone.includes(agent));
    this.#keep();
    this.#all();
  }

  undo() {
    const agents = [...this.agents];
    for (const { agent, at } of this.removed.toSorted((a, b) => a.at - b.at)) {
      if (agents.length >= MOST_AGENTS || agents.some((each) => each.url === agent.url)) continue;
      agents.splice(at, 0, agent);
      agent.connect();
    }
    this.agents = agents;
    this.forget();
    this.#keep();
  }

  /** It is too late to undo. */
  forget() {
    this.removed = [];
  }

  retryAll = () => {
    for (const agent of this.agents) agent.line?.retry();
  };

  exported(): string {
    return written(this.urls);
  }

  /** Connects what is new in the list and lets go of what is no more in it. */
  #list(urls: readonly string[]) {
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
    const before = new Map(this.agents.map((agent) => [agent.url, agent]));
    this.agents = urls.map((url) => {
      const there = before.get(url);
      if (there) {
        before.delete(url);
        return there;
      }
      const agent = new Agent(url, this.journal, (changed) => this.#mark(changed));
      agent.connect();
      return agent;
    });
    for (const agent of before.values()) agent.end();
    this.#all();
  }

  #kept(): string[] {
    try {
      const list = readList(localStorage.getItem(KEY) ?? '[]');
      return 'urls' in list ? list.urls : [];
    } catch {
      this.unkept = true;
      return [];
    }
  }

  #keep() {
    try {
      localStorage.setItem(KEY, written(this.urls));
      this.unkept = false;
    } catch {
      this.unkept = true;
    }
  }

  /** Another tab changed the list. */
  #elsewhere = (event: StorageEvent) => {
    if (event.key === KEY) this.#list(this.#kept());
  };

  #seen = () => {
    if (document.visibilityState === 'visible') this.retryAll();
  };

  /** Where nothing comes, time still goes on. */
  #tick() {
    const quiet = performance.now() - this.#drawn;
    if (quiet > QUIET) this.turn += 1;
    if (quiet > 900) this.#look();
  }

  #look() {
    this.now = Date.now();
    for (const agent of this.agents) agent.look(this.now);
    this.totals = totalsOf(this.agents);
  }

  #all() {
    for (const agent of this.agents) this.#dirty.add(agent);
    this.#plan();
  }

  #mark(agent: Agent) {
    this.#dirty.add(agent);
    this.#plan();
  }

  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    const wait = Math.max(aside.gathers ? 0 : GATHER, this.#drawn + PAUSE - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#draw()), wait);
  }

  #draw() {
    this.#planned = false;
    this.#drawn = performance.now();
    for (const agent of this.#dirty) if (agent.line) agent.refresh(this.place);
    this.#dirty.clear();
    this.turn += 1;
    this.journalVersion = this.journal.version;
    this.#look();
  }
}
