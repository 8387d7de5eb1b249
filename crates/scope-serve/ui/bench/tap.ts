// Stands between a page and its socket: notes when the first snapshot arrives and when it is drawn, holds it back until a bench is ready, and lets a bench say
// what the server would: the same updates each time. Runs in the page; the snapshot itself is the server's.
import type { Page } from '@playwright/test';

export interface Tap {
  /** Whether the snapshot has arrived and waits. */
  held: boolean;
  release: () => void;
  /** Milliseconds from the snapshot's being there to its being drawn. */
  picture: Promise<number>;
  /** Writes down what is said next in the server's place; what the server itself says is not heard. */
  write: (message: object) => void;
  /** Says it. */
  say: () => void;
  snapshot: Snapshot;
  /** A socket of the bench's own hears. */
  listening: boolean;
}

interface Snapshot {
  seq: number;
  metrics: string[];
  nodes: Record<'n' | 'id' | 'kind' | 'name' | 'role' | 'facts' | 'place', unknown[]>;
}

declare global {
  interface Window {
    tap: Tap;
  }
}

export const tap = (page: Page) => page.addInitScript(install);

function install() {
  // Snapshots come as text then: reading those is what is measured.
  Reflect.deleteProperty(window, 'DecompressionStream');
  const Real = WebSocket;
  let speak: ((data: string) => void) | undefined;
  let seq = 0;
  let text = '';
  let drawn: (ms: number) => void = () => undefined;
  let began = 0;
  window.tap = {
    held: false,
    release: () => undefined,
    picture: new Promise((resolve) => (drawn = resolve)),
    write: (message) => {
      seq += 1;
      text = JSON.stringify({ ...message, seq, at: new Date().toISOString() });
    },
    say: () => {
      const data = text;
      // A task of its own, as a message of a socket is.
      setTimeout(() => speak?.(data));
    },
    snapshot: { seq: 0, metrics: [], nodes: { n: [], id: [], kind: [], name: [], role: [], facts: [], place: [] } },
    listening: false,
  };

  window.WebSocket = class extends Real {
    constructor(url: string | URL) {
      super(url);
      let speaks = false;
      this.addEventListener('message', (event) => {
        // Once it has spoken, the bench speaks for it.
        if (speaks) event.stopImmediatePropagation();
        if (speak || typeof event.data !== 'string' || !event.data.startsWith('{"type":"snapshot"')) return;
        event.stopImmediatePropagation();
        speaks = true;
        const first: string = event.data;
        speak = (data) => this.onmessage?.(new MessageEvent('message', { data }));
        window.tap.snapshot = JSON.parse(first) as Snapshot;
        seq = window.tap.snapshot.seq;
        window.tap.held = true;
        window.tap.release = () =>
          setTimeout(() => {
            began = performance.now();
            speak?.(first);
          });
      });
    }
  };

  // The picture is drawn in a worker. It tells how many nodes it draws right before it does; then the canvas is looked at until there is something on it.
  const Hired = Worker;
  window.Worker = class extends Hired {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.addEventListener('message', (event) => {
        if (event.data?.type === 'stats' && event.data.drawn > 0) look();
      });
    }
  };
  let looking = false;
  function look() {
    if (looking) return;
    looking = true;
    const small = document.createElement('canvas');
    small.width = small.height = 48;
    const context = small.getContext('2d', { willReadFrequently: true });
    const again = () => {
      const canvas = document.querySelector('canvas');
      if (!context || !canvas) return;
      context.drawImage(canvas, 0, 0, 48, 48);
      const pixels = new Uint32Array(context.getImageData(0, 0, 48, 48).data.buffer);
      if (new Set(pixels).size > 2) drawn(performance.now() - began);
      else requestAnimationFrame(again);
    };
    again();
  }
}
