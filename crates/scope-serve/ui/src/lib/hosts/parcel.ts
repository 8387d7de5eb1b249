// Frames on their way out of a worker: figures as one block of numbers that changes hands, and of words only those that are not known there from the frame before.
// Copying a hundred containers as objects costs the page more than all that it then does with them.
import type { Figures, Frame } from './frames';

const NUMBERS = [
  'cpu',
  'memory',
  'memoryLimit',
  'uptime',
  'cpuLimit',
  'throttled',
  'received',
  'sent',
  'read',
  'written',
  'cache',
  'pids',
] as const satisfies readonly (keyof Figures)[];

type Batch = Extract<Frame, { type: 'batch' }>;

export interface Parcel {
  frame: Exclude<Frame, Batch> | Omit<Batch, 'containers'>;
  /** Of a batch: container by container, as many as there are `NUMBERS`. */
  numbers?: Float64Array;
  /** Who they are, where that is not as it was. */
  names?: [id: string, name: string][];
  /** What is not as it was of what containers tell of themselves, as JSON. */
  attrs?: [id: string, text: string | undefined][];
}

export class Packer {
  #names: [string, string][] = [];
  #attrs = new Map<string, string>();

  pack(frame: Frame): Parcel {
    if (frame.type !== 'batch') return { frame };
    const { containers, ...rest } = frame;
    const parcel: Parcel = { frame: rest, numbers: new Float64Array(containers.length * NUMBERS.length) };
    const numbers = parcel.numbers as Float64Array;
    let at = 0;
    for (const container of containers) for (const name of NUMBERS) numbers[at++] = container[name];
    const isKnown = ({ id, name }: Figures, at: number) => id === this.#names[at]?.[0] && name === this.#names[at][1];
    if (containers.length !== this.#names.length || !containers.every(isKnown))
      this.#names = parcel.names = containers.map(({ id, name }) => [id, name]);
    const attrs = new Map<string, string>();
    for (const { id, attrs: value } of containers) if (value !== undefined) attrs.set(id, written(value));
    const changed: [string, string | undefined][] = [...attrs].filter(([id, text]) => this.#attrs.get(id) !== text);
    for (const id of this.#attrs.keys()) if (!attrs.has(id)) changed.push([id, undefined]);
    if (changed.length > 0) parcel.attrs = changed;
    this.#attrs = attrs;
    return parcel;
  }
}

export class Unpacker {
  #names: [string, string][] = [];
  #attrs = new Map<string, unknown>();

  unpack({ frame, numbers, names, attrs }: Parcel): Frame {
    if (frame.type !== 'batch') return frame;
    if (names) this.#names = names;
    for (const [id, text] of attrs ?? []) {
      if (text === undefined) this.#attrs.delete(id);
      else this.#attrs.set(id, JSON.parse(text));
    }
    const all = numbers ?? new Float64Array();
    const of = (at: number) => all[at] as number;
    const containers = this.#names.map(([id, name], index): Figures => {
      const at = index * NUMBERS.length;
      // By hand, as objects that are all made in one way are the fastest.
      return {
        id,
        name,
        cpu: of(at),
        memory: of(at + 1),
        memoryLimit: of(at + 2),
        uptime: of(at + 3),
        cpuLimit: of(at + 4),
        throttled: of(at + 5),
        received: of(at + 6),
        sent: of(at + 7),
        read: of(at + 8),
        written: of(at + 9),
        cache: of(at + 10),
        pids: of(at + 11),
        attrs: this.#attrs.get(id),
      };
    });
    return { ...frame, containers };
  }
}

/** What is nested so deep that it cannot be written is not told. */
function written(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '"…"';
  }
}
