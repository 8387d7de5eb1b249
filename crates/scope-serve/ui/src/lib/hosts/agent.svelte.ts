// One agent on the board: its socket, what is known of its host, and which of its containers are shown in what order.
import { aside } from './aside.svelte';
import { Host, type Container } from './host';
import type { Journal } from './journal';
import type { Line } from './line';
import type { Socket } from './link';
import type { SortBy } from './order';
import type { Place } from './place';
import { Rows } from './rows';
import { stateOf, type State } from './state';

export class Agent {
  host = new Host();
  line: Line | undefined;
  /** Whether all of its rows are shown; undefined: as the board sees fit. */
  open = $state<boolean | undefined>();
  compared = $state(true);
  /** Whether rows keep their places, as somebody selects text in them. */
  still = false;
  /** Counts what is to be drawn anew. */
  version = $state(0);
  state = $state.raw<State>({ is: 'connecting' });
  socket = $state.raw<Socket | undefined>();
  rows = $state.raw<readonly Container[]>([]);
  readonly #rows = new Rows();
  #sort: SortBy = 'cpu';

  constructor(
    readonly url: string,
    readonly journal: Journal,
    readonly changed: (agent: Agent) => void,
  ) {}

  connect() {
    this.line = aside.line(this.url, {
      frame: (frame, at) => {
        this.host.take(frame, at, this.#sort);
        this.changed(this);
      },
      raw: (text, at, read) => {
        this.journal.note(this.url, at, text, read);
        if (this.journal.on || !read) this.changed(this);
      },
      changed: () => this.changed(this),
    });
    this.changed(this);
  }

  end() {
    this.line?.end();
    this.line = undefined;
  }

  /** Brings what is shown up to date. */
  refresh(place: Place) {
    if (place.sort !== this.#sort) {
      this.#sort = place.sort;
      this.host.rerank(place.sort);
    }
    this.rows = this.#rows.of(this.host, place, this.url, this.still);
    this.version += 1;
  }

  /** Time alone changes states. */
  look(now: number) {
    if (!this.line) return;
    const state = stateOf(this.line.socket, this.host, now);
    if (state.is !== 'live' && this.state.is === 'live') this.host.interrupt(this.host.batchAt + this.host.cadence);
    if (state.is !== this.state.is || ('why' in state && (this.state as { why?: string }).why !== state.why)) this.state = state;
    const { socket } = this.line;
    if (
      socket.phase !== this.socket?.phase ||
      socket.retryAt !== this.socket.retryAt ||
      socket.unread !== this.socket.unread ||
      socket.dropped !== this.socket.dropped
    )
      this.socket = { ...socket };
  }
}
