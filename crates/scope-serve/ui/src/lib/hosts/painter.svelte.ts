// Has canvases drawn where it costs the page nothing: in a worker, else beside the page. Whoever has a canvas need not know which.
import { paint, type Ink } from './paint';
import PaintWorker from './painter.worker?worker';
import type { Picture } from './picture';

export type ToPainter =
  | { type: 'take'; id: number; canvas: OffscreenCanvas }
  | { type: 'drop'; id: number }
  | { type: 'paint'; id: number; picture: Picture; ink: Ink; ratio: number };

export interface Surface {
  paint(picture: Picture, ink: Ink): void;
  end(): void;
}

class Painter {
  /** Once a canvas was given away it is never had back: where this changes, canvases are to be made anew. */
  threaded = $state(
    typeof Worker !== 'undefined' &&
      typeof HTMLCanvasElement !== 'undefined' &&
      'transferControlToOffscreen' in HTMLCanvasElement.prototype,
  );
  #worker: Worker | undefined;
  #next = 0;

  surface(canvas: HTMLCanvasElement): Surface {
    if (!this.threaded) return { paint: (picture, ink) => paint(canvas, picture, ink, devicePixelRatio || 1), end: () => undefined };
    const worker = (this.#worker ??= this.#hire());
    const id = this.#next++;
    const post = (message: ToPainter, transfer: Transferable[] = []) => worker.postMessage(message, transfer);
    const own = canvas.transferControlToOffscreen();
    post({ type: 'take', id, canvas: own }, [own]);
    return {
      paint: (picture, ink) =>
        post({ type: 'paint', id, picture, ink, ratio: devicePixelRatio || 1 }, [picture.lines.buffer, picture.limits.buffer]),
      end: () => post({ type: 'drop', id }),
    };
  }

  #hire(): Worker {
    const worker = new PaintWorker();
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.threaded = false;
    };
    return worker;
  }
}

export const painter = new Painter();
