// Work that follows what changes all the time, and that nobody needs more often than once in a while.

/** What is due so soon is done at once: what it shows is drawn together with what has changed, and not in a frame of its own. */
const SOON = 100;

export class Paced {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ran = -Infinity;

  /** @param gap milliseconds from one time to the next. */
  constructor(
    readonly work: () => void,
    readonly gap = 1000,
  ) {}

  /** Something changed: now, or once the gap is over. The first time waits, as others have something to show for the first time then. */
  ask() {
    if (this.#timer !== undefined) return;
    const wait = this.#ran + this.gap - performance.now();
    if (wait > SOON || this.#ran === -Infinity) this.#timer = setTimeout(this.now, Math.max(0, wait));
    else this.now();
  }

  now = () => {
    this.end();
    this.#ran = performance.now();
    this.work();
  };

  end() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
