// The lines of all agents where they are not in the page: opens them as told, and tells what is heard of them, what comes shortly after another together. Knows
// nothing of what is drawn.
import { direct, type Line } from './line';
import type { Socket } from './link';
import { Packer, type Parcel } from './parcel';

export type ToExchange =
  | { type: 'open'; line: number; url: string; protocol: string }
  | { type: 'retry' | 'end'; line: number }
  /** Whether texts are wanted as they came. */
  | { type: 'raw'; on: boolean };

export type Said = { line: number } & (
  | { says: 'frame'; at: number; parcel: Parcel }
  | { says: 'raw'; at: number; text: string; read: boolean }
  | { says: 'socket'; socket: Socket; readyState: number }
);

/** Hosts that report at the same time are drawn together: a drawing has its price, however little is new. */
export const GATHER = 60;

export class Exchange {
  readonly #lines = new Map<number, Line>();
  #said: Said[] = [];
  #sockets = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #raw = false;

  constructor(readonly tell: (said: Said[], transfer: Transferable[]) => void) {}

  hear(told: ToExchange) {
    if (told.type === 'raw') this.#raw = told.on;
    else if (told.type === 'open') this.#open(told.line, told.url, told.protocol);
    else if (told.type === 'retry') this.#lines.get(told.line)?.retry();
    else {
      this.#lines.get(told.line)?.end();
      this.#lines.delete(told.line);
    }
  }

  #open(line: number, url: string, protocol: string) {
    const packer = new Packer();
    const opened = direct(url, protocol, {
      frame: (frame, at) => this.#say({ line, says: 'frame', at, parcel: packer.pack(frame) }),
      raw: (text, at, read) => {
        if (this.#raw) this.#say({ line, says: 'raw', at, text, read });
        this.#changed(line);
      },
      changed: () => this.#changed(line),
    });
    this.#lines.set(line, opened);
    this.#changed(line);
  }

  #say(said: Said) {
    this.#said.push(said);
    this.#plan();
  }

  #changed(line: number) {
    this.#sockets.add(line);
    this.#plan();
  }

  #plan() {
    this.#timer ??= setTimeout(() => this.#flush(), GATHER);
  }

  #flush() {
    this.#timer = undefined;
    const said = this.#said;
    this.#said = [];
    for (const line of this.#sockets) {
      const open = this.#lines.get(line);
      // What is counted changes after this.
      if (open) said.push({ line, says: 'socket', socket: { ...open.socket }, readyState: open.readyState });
    }
    this.#sockets.clear();
    const numbers = said.flatMap((each) => (each.says === 'frame' && each.parcel.numbers ? [each.parcel.numbers.buffer] : []));
    this.tell(said, numbers);
  }
}
