// One subscription over a WebSocket: connects, comes back after a break where it broke, and tells what state it is in. Knows the envelope of messages
// (type, seq, epoch) and nothing of what is in them. Snapshots come compressed, where the browser can unpack them: they are most of a first load.
import { m } from '#lib/paraglide/messages';
import { Backoff } from './backoff';
import { canUnpack, unpack } from './unpack';

export type Status = 'connecting' | 'live' | 'offline' | 'refused';

interface Envelope {
  type: string;
  seq: number;
  epoch?: number;
}

export interface Handlers<M> {
  message(message: M): void;
  /** `why` is for people: what broke, as far as a browser is told. `retryAt` is when the next attempt is due, in milliseconds of the clock. */
  status(status: Status, why?: string, retryAt?: number): void;
}

/** A socket that never closes of its own accord needs to hear something at least this often (milliseconds): the server pings, but browsers hide that. */
const SILENCE = 90_000;

export class Subscription<M extends Envelope> {
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #epoch: number | undefined;
  #seq = 0;
  readonly #backoff = new Backoff({ first: 500, longest: 15_000 });

  /**
   * @param address yields the route for an attempt; `resume` is what to come back with.
   * @param refusal asks, over plain HTTP, why a socket was refused: browsers do not say. Yields nothing where it was no refusal.
   */
  constructor(
    readonly address: (resume: string | undefined) => string,
    readonly handlers: Handlers<M>,
    readonly refusal: () => Promise<string | undefined> = () => Promise.resolve(undefined),
  ) {
    this.#connect();
    if (typeof addEventListener === 'function') {
      addEventListener('online', this.retry);
      document.addEventListener('visibilitychange', this.#seen);
    }
  }

  /** Now, instead of when it is due. */
  retry = () => {
    if (this.#ended || this.#socket) return;
    clearTimeout(this.#timer);
    this.#backoff.reset();
    this.#connect();
  };

  /** Forgets where it was and asks for a snapshot. */
  restart() {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#epoch = undefined;
    this.#close();
    this.#connect();
  }

  #seen = () => {
    if (document.visibilityState === 'visible') this.retry();
  };

  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#close();
    removeEventListener('online', this.retry);
    document.removeEventListener('visibilitychange', this.#seen);
  }

  #close() {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  #connect() {
    this.handlers.status('connecting');
    const resume = this.#epoch === undefined ? undefined : `${this.#epoch}-${this.#seq}`;
    const address = new URL(this.address(resume), location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    if (canUnpack()) address.searchParams.set('encoding', 'deflate-snapshots');
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    // Unpacking takes a moment, and what comes meanwhile waits for it.
    let before: Promise<void> | undefined;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#heard();
    };
    socket.onmessage = (event) => {
      this.#heard();
      const data: unknown = event.data;
      if (typeof data === 'string' && !before) return this.#take(data);
      const text = data instanceof ArrayBuffer ? unpack(data).catch(() => '') : String(data);
      const mine = (before = Promise.all([text, before]).then(([text]) => {
        if (this.#socket === socket) this.#take(text);
        if (before === mine) before = undefined;
      }));
    };
    socket.onclose = (event) => {
      this.#socket = undefined;
      clearTimeout(this.#silence);
      void this.#broken(opened, event);
    };
  }

  #heard() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#close();
      this.#later(m.break_silence());
    }, SILENCE);
  }

  #take(text: string) {
    let message: M;
    try {
      message = JSON.parse(text) as M;
    } catch {
      // What cannot be read may have held anything: begin anew.
      this.#epoch = undefined;
      this.#close();
      this.#later(m.break_unreadable());
      return;
    }
    if (message.type === 'snapshot' && message.epoch !== undefined) this.#epoch = message.epoch;
    else if (this.#epoch !== undefined && message.seq !== this.#seq + 1) {
      this.#epoch = undefined;
      this.#close();
      this.#later(m.break_gap());
      return;
    }
    this.#seq = message.seq;
    this.#backoff.reset();
    this.handlers.message(message);
    this.handlers.status('live');
  }

  async #broken(opened: boolean, event: CloseEvent) {
    if (!opened) {
      const why = await this.refusal();
      if (this.#ended || this.#socket) return;
      if (why !== undefined) {
        this.#ended = true;
        this.handlers.status('refused', why);
        return;
      }
    }
    this.#later(event.reason || (opened ? m.break_broken() : m.break_no_answer()));
  }

  #later(why: string) {
    if (this.#ended) return;
    const wait = this.#backoff.next();
    this.handlers.status('offline', why, Date.now() + wait);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }
}
