// The engine in a worker: messages in, messages out.
import { Engine } from './engine';
import type { FromEngine, ToEngine } from './protocol';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const engine = new Engine({
  emit: (message: FromEngine) => scope.postMessage(message),
  makeSurface: (width, height) => new OffscreenCanvas(width, height),
  frame: (callback) =>
    typeof scope.requestAnimationFrame === 'function' ? scope.requestAnimationFrame(callback) : setTimeout(callback, 16),
});
scope.onmessage = (event: MessageEvent<ToEngine>) => engine.take(event.data);
