// A line whose socket is in a worker: what is told of it there.
import type { Said } from './exchange';
import { direct, type Hears, type Line } from './line';
import { unopened, type Socket } from './link';
import { Unpacker } from './parcel';

export class RemoteLine implements Line {
  #socket = unopened();
  #readyState = WebSocket.CONNECTING as number;
  readonly #unpacker = new Unpacker();
  /** In the page, once the worker has failed. */
  #own: Line | undefined;

  constructor(
    readonly url: string,
    readonly hears: Hears,
    readonly post: (type: 'retry' | 'end') => void,
  ) {}

  get socket(): Socket {
    return this.#own?.socket ?? this.#socket;
  }

  get readyState(): number {
    return this.#own?.readyState ?? this.#readyState;
  }

  retry() {
    if (this.#own) this.#own.retry();
    else this.post('retry');
  }

  end() {
    if (this.#own) return this.#own.end();
    this.#socket.phase = 'ended';
    this.post('end');
  }

  hear(said: Said) {
    switch (said.says) {
      case 'frame':
        return this.hears.frame(this.#unpacker.unpack(said.parcel), said.at);
      case 'raw':
        return this.hears.raw(said.text, said.at, said.read);
      case 'socket':
        this.#socket = said.socket;
        this.#readyState = said.readyState;
        this.hears.changed();
    }
  }

  /** The worker is no more. */
  takeOver() {
    this.#own = direct(this.url, location.protocol, this.hears);
  }
}
