// The socket to one agent: opens it, comes back after a break, lets go of one that has gone silent. Hands texts on, and knows nothing of what is in them.
import { Backoff, type Pace } from '../live/backoff';
import { isMixed } from './address';

/** Again after five to six seconds, then less and less often, up to a minute. */
export const PACE: Pace = { first: 6000, longest: 60_000, jitter: 1 / 6 };
/** Browsers wait for minutes where a firewall swallows everything. */
const ANSWER = 10_000;
/** The agent says something every five seconds. */
const SILENCE = 20_000;
/** More than an honest agent says: beyond it, the rest of the second is thrown away. */
const MOST_FRAMES = 20;
const MOST_CHARACTERS = 24 << 20;

export type Failure =
  /** A page that came by https may not open `ws`. */
  | { kind: 'mixed' }
  /** The browser takes the URL for none. */
  | { kind: 'invalid' }
  /** Never opened; browsers hide whether nothing listens, a certificate is bad or the page was refused. */
  | { kind: 'refused'; after: number }
  | { kind: 'timeout' }
  | { kind: 'closed'; code: number; reason: string }
  | { kind: 'silent' };

export interface Socket {
  phase: 'connecting' | 'open' | 'waiting' | 'blocked' | 'ended';
  /** When the phase began, and when the next attempt is due: milliseconds of this browser's clock. */
  since: number;
  retryAt: number;
  failure: Failure | undefined;
  /** Attempts since the last frame that could be read. */
  attempts: number;
  /** Since the socket opened. */
  frames: number;
  characters: number;
  /** Frames that could not be read, or were too many. */
  unread: number;
  dropped: number;
  /** When one was last too many: a page that stood still takes many at once, and that is over then. */
  droppedAt: number;
}

export interface Handlers {
  /** Yields whether the text was a frame of an agent. */
  text(text: string, arrivedAt: number): boolean;
  changed(): void;
}

export const unopened = (): Socket => ({
  phase: 'connecting',
  since: Date.now(),
  retryAt: NaN,
  failure: undefined,
  attempts: 0,
  frames: 0,
  characters: 0,
  unread: 0,
  dropped: 0,
  droppedAt: -Infinity,
});

export class Link {
  readonly socket = unopened();
  #open: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #second = { since: 0, frames: 0, characters: 0 };
  readonly #backoff: Backoff;

  constructor(
    readonly url: string,
    readonly handlers: Handlers,
    pace: Pace = PACE,
    readonly protocol = location.protocol,
  ) {
    this.#backoff = new Backoff(pace);
    this.#connect();
  }

  /** Now, rather than when it is due. */
  retry() {
    const { phase } = this.socket;
    if (phase === 'ended' || phase === 'open' || phase === 'connecting') return;
    this.#backoff.reset();
    this.#connect();
  }

  end() {
    this.#drop();
    this.#enter('ended');
  }

  get readyState(): number {
    return this.#open?.readyState ?? WebSocket.CLOSED;
  }

  #enter(phase: Socket['phase']) {
    this.socket.phase = phase;
    this.socket.since = Date.now();
    this.handlers.changed();
  }

  #connect() {
    clearTimeout(this.#timer);
    const { socket } = this;
    socket.retryAt = NaN;
    if (isMixed(this.url, this.protocol)) return this.#block({ kind: 'mixed' });
    socket.attempts += 1;
    let open: WebSocket;
    try {
      open = new WebSocket(this.url);
    } catch (error) {
      // Some browsers refuse mixed content here rather than later.
      return this.#block({ kind: error instanceof DOMException && error.name === 'SecurityError' ? 'mixed' : 'invalid' });
    }
    open.binaryType = 'arraybuffer';
    this.#open = open;
    this.#enter('connecting');
    const began = socket.since;
    this.#watch(ANSWER, { kind: 'timeout' });
    open.onopen = () => {
      Object.assign(socket, { failure: undefined, frames: 0, characters: 0, unread: 0, dropped: 0 });
      this.#enter('open');
      this.#watch(SILENCE, { kind: 'silent' });
    };
    open.onmessage = (event) => this.#take(event.data);
    open.onclose = (event) => {
      const opened = socket.phase === 'open';
      this.#later(opened ? { kind: 'closed', code: event.code, reason: event.reason } : { kind: 'refused', after: Date.now() - began });
    };
  }

  #take(data: unknown) {
    const { socket } = this;
    const now = Date.now();
    this.#watch(SILENCE, { kind: 'silent' });
    socket.frames += 1;
    if (typeof data !== 'string') {
      socket.unread += 1;
      return this.handlers.changed();
    }
    socket.characters += data.length;
    if (now - this.#second.since >= 1000) this.#second = { since: now, frames: 0, characters: 0 };
    this.#second.frames += 1;
    this.#second.characters += data.length;
    if (this.#second.frames > MOST_FRAMES || this.#second.characters > MOST_CHARACTERS) {
      socket.dropped += 1;
      socket.droppedAt = now;
      return this.handlers.changed();
    }
    if (this.handlers.text(data, now)) {
      this.#backoff.reset();
      socket.attempts = 0;
    } else socket.unread += 1;
  }

  #watch(wait: number, failure: Failure) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#later(failure), wait);
  }

  #later(failure: Failure) {
    this.#drop();
    this.socket.failure = failure;
    const wait = this.#backoff.next();
    this.socket.retryAt = Date.now() + wait;
    this.#timer = setTimeout(() => this.#connect(), wait);
    this.#enter('waiting');
  }

  /** Trying again would change nothing. */
  #block(failure: Failure) {
    this.socket.failure = failure;
    this.#enter('blocked');
  }

  #drop() {
    clearTimeout(this.#timer);
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    open.onopen = open.onmessage = open.onclose = null;
    open.close();
  }
}
