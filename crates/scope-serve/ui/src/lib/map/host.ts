// Runs the engine where it runs best: in a worker with canvases of its own, else beside the page. Whoever talks to it need not know which.
import { Engine } from './engine';
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

type Start = Omit<Extract<ToEngine, { type: 'start' }>, 'type' | 'base' | 'over' | 'mini'>;

export function startEngine(canvases: Canvases, start: Start, listen: (message: FromEngine) => void): Host {
  if (typeof OffscreenCanvas !== 'undefined' && typeof Worker !== 'undefined' && 'transferControlToOffscreen' in canvases.base) {
    const worker = new MapWorker();
    worker.onmessage = (event: MessageEvent<FromEngine>) => listen(event.data);
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
  let ended = false;
  const engine = new Engine({
    emit: (message) => queueMicrotask(() => !ended && listen(message)),
    makeSurface: (width, height) => {
      const canvas = document.createElement('canvas');
      canvas.width = width;
      canvas.height = height;
      return canvas;
    },
    frame: (callback) => requestAnimationFrame(() => !ended && callback()),
  });
  engine.take({ type: 'start', ...canvases, ...start });
  return { post: (message) => !ended && engine.take(message), end: () => (ended = true), threaded: false };
}
