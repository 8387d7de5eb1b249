// What pointers mean: a move, a click, a drag, a pan, a pinch. Knows pixels of the page and what was hit; what follows from it is the engine's.
import type { Hit } from './hit';
import type { PointerAt } from './protocol';

const CLICK_PX = 4;

export interface Wishes {
  hitAt(x: number, y: number, touch: boolean): Hit;
  hover(hit: Hit, x: number, y: number): void;
  click(hit: Hit, shift: boolean): void;
  pan(dx: number, dy: number): void;
  pinch(x: number, y: number, factor: number): void;
  /** `end` says that it was let go. */
  drag(hit: NonNullable<Hit>, dx: number, dy: number, end: boolean): void;
}

interface Held {
  x: number;
  y: number;
  startX: number;
  startY: number;
}

export class Gestures {
  #held = new Map<number, Held>();
  #hit: Hit;
  #moved = false;
  #dragging = false;

  constructor(private readonly wishes: Wishes) {}

  get busy(): boolean {
    return this.#held.size > 0 && this.#moved;
  }

  down(at: PointerAt) {
    this.#held.set(at.id, { x: at.x, y: at.y, startX: at.x, startY: at.y });
    if (this.#held.size > 1) {
      this.#moved = true;
      this.#dragging = false;
      return;
    }
    this.#hit = this.wishes.hitAt(at.x, at.y, at.touch);
    this.#moved = false;
    // A finger moves the map; what it lies on would be hidden under it anyway.
    this.#dragging = !at.touch && !at.shift && (this.#hit?.on === 'node' || this.#hit?.on === 'title' || this.#hit?.on === 'block');
  }

  move(at: PointerAt) {
    const held = this.#held.get(at.id);
    if (!held) {
      if (!this.#held.size) this.wishes.hover(this.wishes.hitAt(at.x, at.y, at.touch), at.x, at.y);
      return;
    }
    const dx = at.x - held.x;
    const dy = at.y - held.y;
    if (this.#held.size === 2) this.#pinch(at, held);
    held.x = at.x;
    held.y = at.y;
    if (this.#held.size > 1) return;
    if (!this.#moved) {
      if (Math.hypot(at.x - held.startX, at.y - held.startY) < CLICK_PX) {
        held.x = held.startX;
        held.y = held.startY;
        return;
      }
      this.#moved = true;
      // What is told of it would stay behind.
      this.wishes.hover(undefined, at.x, at.y);
    }
    if (this.#dragging && this.#hit) this.wishes.drag(this.#hit, dx, dy, false);
    else this.wishes.pan(dx, dy);
  }

  up(at: PointerAt) {
    if (!this.#held.delete(at.id)) return;
    if (this.#held.size) return;
    if (!this.#moved) this.wishes.click(this.#hit, at.shift);
    else if (this.#dragging && this.#hit) this.wishes.drag(this.#hit, 0, 0, true);
    this.#end();
  }

  cancel() {
    this.#held.clear();
    this.#end();
  }

  #end() {
    this.#hit = undefined;
    this.#moved = false;
    this.#dragging = false;
  }

  #pinch(at: PointerAt, held: Held) {
    const other = [...this.#held].find(([id]) => id !== at.id)?.[1];
    if (!other) return;
    const before = Math.hypot(held.x - other.x, held.y - other.y);
    const after = Math.hypot(at.x - other.x, at.y - other.y);
    if (before > 1) this.wishes.pinch((at.x + other.x) / 2, (at.y + other.y) / 2, after / before);
    this.wishes.pan((at.x - held.x) / 2, (at.y - held.y) / 2);
  }
}
