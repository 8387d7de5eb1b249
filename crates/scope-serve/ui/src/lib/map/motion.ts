// What moves by itself: nodes on their way to where they belong, and the camera on its way to a place. Times are in milliseconds.
import type { Camera } from '../model/place';
import { between, ease, type Window } from './camera';
import type { Scene } from './scene';

const MOVE_MS = 420;
const FLY_MS = 320;

/** Who is moved by somebody else meanwhile. */
interface Others {
  has(n: number): boolean;
}

export class Transition {
  #since = 0;
  #x = new Float32Array(0);
  #y = new Float32Array(0);
  running = false;

  /** Begins where nodes are now, if any is elsewhere than it belongs. `still`: all are there at once. */
  begin(scene: Scene, now: number, still: boolean, others: Others | undefined) {
    let away = false;
    for (let n = 0; n < scene.nodes && !away; n++) {
      if (!scene.alive[n] || others?.has(n)) continue;
      away = Math.abs(scene.x[n]! - scene.hx[n]!) > 0.5 || Math.abs(scene.y[n]! - scene.hy[n]!) > 0.5;
    }
    if (!away || still) {
      this.#put(scene, 1, others);
      return;
    }
    this.#x = scene.x.slice(0, scene.nodes);
    this.#y = scene.y.slice(0, scene.nodes);
    this.#since = now;
    this.running = true;
  }

  step(scene: Scene, now: number, others: Others | undefined) {
    const t = Math.min(1, (now - this.#since) / MOVE_MS);
    this.#put(scene, t < 1 ? ease(t) : 1, others);
  }

  #put(scene: Scene, share: number, others: Others | undefined) {
    this.running = share < 1;
    const count = share < 1 ? Math.min(this.#x.length, scene.nodes) : scene.nodes;
    if (share === 1 && !others) {
      scene.x.set(scene.hx.subarray(0, count));
      scene.y.set(scene.hy.subarray(0, count));
      return;
    }
    for (let n = 0; n < count; n++) {
      if (others?.has(n)) continue;
      scene.x[n] = share === 1 ? scene.hx[n]! : this.#x[n]! + (scene.hx[n]! - this.#x[n]!) * share;
      scene.y[n] = share === 1 ? scene.hy[n]! : this.#y[n]! + (scene.hy[n]! - this.#y[n]!) * share;
    }
  }
}

export class Flight {
  #from: Camera | undefined;
  #to: Camera | undefined;
  #since = 0;

  get flying(): boolean {
    return this.#to !== undefined;
  }

  /** Where it leads, while it is on its way. */
  get target(): Camera | undefined {
    return this.#to;
  }

  begin(window: Window, to: Camera, now: number, still: boolean) {
    if (still) {
      window.set(to);
      this.stop();
      return;
    }
    this.#from = window.camera;
    this.#to = to;
    this.#since = now;
  }

  stop() {
    this.#to = undefined;
  }

  step(window: Window, now: number) {
    if (!this.#from || !this.#to) return;
    const t = Math.min(1, (now - this.#since) / FLY_MS);
    window.set(t >= 1 ? this.#to : between(this.#from, this.#to, ease(t)));
    if (t >= 1) this.stop();
  }
}
