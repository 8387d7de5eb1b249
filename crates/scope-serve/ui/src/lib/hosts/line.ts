// What is heard of one agent over its socket: frames, as they are read, and how the socket is. Where the socket is, here or in a worker, nobody need know.
import { readFrame, type Frame } from './frames';
import { Link, PACE, type Socket } from './link';

export interface Line {
  readonly socket: Socket;
  readonly readyState: number;
  /** Now, rather than when it is due. */
  retry(): void;
  end(): void;
}

export interface Hears {
  frame(frame: Frame, arrivedAt: number): void;
  /** As it came; `read` where it was a frame of an agent. */
  raw(text: string, arrivedAt: number, read: boolean): void;
  /** The socket has changed. */
  changed(): void;
}

/** `protocol` is that of the page. */
export function direct(url: string, protocol: string, hears: Hears): Line {
  const text = (text: string, at: number) => {
    const frame = readFrame(text);
    const read = !('fault' in frame);
    hears.raw(text, at, read);
    if (read) hears.frame(frame, at);
    return read;
  };
  return new Link(url, { text, changed: () => hears.changed() }, PACE, protocol);
}
