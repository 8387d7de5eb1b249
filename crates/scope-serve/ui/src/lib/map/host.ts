// Runs the engine where it runs best: in a worker with canvases of its own, else beside the page. Whoever talks to it need not know which. The engine itself is
// loaded only where it is used.
import type { Engine } from './engine';
import type { FromEngine, ToEngine } from './protocol';
import MapWorker from './worker?worker';

export interface Host {
  post(message: ToEngine, transfer?: Transferable[]): void;
  end(): void;
  readonly threaded: boolean;
}

export interface Canvases {
  base: HTMLCanvasElement;
  over: HTMLCanvasElement;
  mini: HTMLCanvasElement;
}

export interface Listener {
  hear(message: FromEngine): void;
  /** It could not be loaded, or broke: nothing will be drawn on these canvases any more. */
  failed(why: string): void;
}

type Start = Omit<Extract<ToEngine, { type: 'start' }>, 'type' | 'base' | 'over' | 'mini'>;

export function canThread(canvas: HTMLCanvasElement): boolean {
  return canDraw() && 'transferControlToOffscreen' in canvas;
}

export function startEngine(canvases: Canvases, start: Start, listener: Listener, threaded: boolean): Host {
  return threaded && canThread(canvases.base) ? inWorker(canvases, start, listener) : beside(canvases, start, listener);
}

let hired: Worker | undefined;

/** Fetches the worker before there is anything to draw: it is on its way while the data is. */
export function hire() {
  if (!canDraw() || hired) return;
  const worker = new MapWorker();
  // Whoever draws hires another, and hears what is wrong with it.
  worker.onerror = (event) => {
    event.preventDefault();
    if (hired === worker) hired = undefined;
  };
  hired = worker;
}

const canDraw = () => typeof OffscreenCanvas !== 'undefined' && typeof Worker !== 'undefined';

function inWorker(canvases: Canvases, start: Start, listener: Listener): Host {
  const worker = hired ?? new MapWorker();
  hired = undefined;
  worker.onmessage = (event: MessageEvent<FromEngine>) => listener.hear(event.data);
  worker.onerror = (event) => {
    event.preventDefault();
    listener.failed(event.message);
  };
  const base = canvases.base.transferControlToOffscreen();
  const over = canvases.over.transferControlToOffscreen();
  const mini = canvases.mini.transferControlToOffscreen();
  worker.postMessage({ type: 'start', base, over, mini, ...start } satisfies ToEngine, [base, over, mini]);
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    end: () => worker.terminate(),
    threaded: true,
  };
}

function beside(canvases: Canvases, start: Start, { hear, failed }: Listener): Host {
  let ended = false;
  let engine: Engine | undefined;
  const waiting: ToEngine[] = [];
  const guarded = (run: () => void) => {
    if (ended) return;
    try {
      run();
    } catch (error) {
      ended = true;
      failed(String(error));
    }
  };
  import('./engine').then(
    (loaded) =>
      guarded(() => {
        engine = new loaded.Engine({
          emit: (message) => queueMicrotask(() => !ended && hear(message)),
          makeSurface: (width, height) => {
            const canvas = document.createElement('canvas');
            canvas.width = width;
            canvas.height = height;
            return canvas;
          },
          frame: (callback) => requestAnimationFrame(() => guarded(callback)),
        });
        engine.take({ type: 'start', ...canvases, ...start });
        for (const message of waiting.splice(0)) engine.take(message);
      }),
    (error: unknown) => !ended && failed(String(error)),
  );
  return {
    post: (message) => guarded(() => (engine ? engine.take(message) : waiting.push(message))),
    end: () => (ended = true),
    threaded: false,
  };
}
