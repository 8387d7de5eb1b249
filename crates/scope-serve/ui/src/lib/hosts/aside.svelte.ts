// Has done what need not be done by the page itself: agents' sockets, and canvases. In a worker, else in the page: whoever asks for it need not know which.
import { format } from '../model/format';
import AsideWorker from './aside.worker?worker';
import type { Said, ToExchange } from './exchange';
import { direct, type Hears, type Line } from './line';
import { paint, type Ink } from './paint';
import type { Picture } from './picture';
import { RemoteLine } from './remote';

export type ToAside =
  | { type: 'begin'; locale: string }
  | { type: 'take'; id: number; canvas: OffscreenCanvas }
  | { type: 'drop'; id: number }
  | { type: 'paint'; pictures: { id: number; picture: Picture }[]; ink: Ink; ratio: number }
  | ToExchange;
export type FromAside = Said[];

export interface Surface {
  paint(picture: Picture, ink: Ink): void;
  end(): void;
}

class Aside {
  #worker: Worker | undefined;
  #fit = $state(typeof Worker !== 'undefined');
  #next = 0;
  readonly #lines = new Map<number, RemoteLine>();
  #pictures: { id: number; picture: Picture }[] = [];
  #raw = false;

  /** Whether canvases are given away. They are never had back: where this changes, they are to be made anew. */
  readonly draws = $derived(
    this.#fit && typeof HTMLCanvasElement !== 'undefined' && 'transferControlToOffscreen' in HTMLCanvasElement.prototype,
  );

  /** Whether what comes shortly after another is heard together. */
  get gathers(): boolean {
    return this.#fit;
  }

  line(url: string, hears: Hears): Line {
    if (!this.#fit) return direct(url, location.protocol, hears);
    const id = this.#next++;
    const post = (type: 'retry' | 'end') => {
      if (type === 'end') this.#lines.delete(id);
      this.#post({ type, line: id });
    };
    const line = new RemoteLine(url, hears, post);
    this.#lines.set(id, line);
    this.#post({ type: 'open', line: id, url, protocol: location.protocol });
    return line;
  }

  /** Whether texts are heard as they came. */
  raw(on: boolean) {
    if (on === this.#raw) return;
    this.#raw = on;
    if (this.#fit) this.#post({ type: 'raw', on });
  }

  surface(canvas: HTMLCanvasElement): Surface {
    if (!this.draws) return { paint: (picture, ink) => paint(canvas, picture, ink, devicePixelRatio || 1, format), end: () => undefined };
    const id = this.#next++;
    const own = canvas.transferControlToOffscreen();
    this.#post({ type: 'take', id, canvas: own }, [own]);
    return {
      paint: (picture, ink) => this.#paint(id, picture, ink),
      end: () => this.#post({ type: 'drop', id }),
    };
  }

  /** What is to be drawn at the same time is told at once: each message has its price. */
  #paint(id: number, picture: Picture, ink: Ink) {
    this.#pictures.push({ id, picture });
    if (this.#pictures.length > 1) return;
    queueMicrotask(() => {
      const pictures = this.#pictures;
      this.#pictures = [];
      // Copied, not handed over: some kilobytes in many small arrays are copied faster.
      this.#post({ type: 'paint', pictures, ink, ratio: devicePixelRatio || 1 });
    });
  }

  #post(message: ToAside, transfer: Transferable[] = []) {
    (this.#worker ??= this.#hire()).postMessage(message, transfer);
  }

  #hire(): Worker {
    const worker = new AsideWorker();
    worker.onmessage = ({ data }: MessageEvent<FromAside>) => {
      for (const said of data) this.#lines.get(said.line)?.hear(said);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.#fit = false;
      for (const line of this.#lines.values()) line.takeOver();
      this.#lines.clear();
    };
    worker.postMessage({ type: 'begin', locale: format.locale } satisfies ToAside);
    return worker;
  }
}

export const aside = new Aside();
