// Work that follows what changes all the time, and that nobody needs more often than once in a while.

export class Paced {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ran = -Infinity;

  /** @param gap milliseconds from one time to the next. */
  constructor(
    readonly work: () => void,
    readonly gap = 1000,
  ) {}

  /** Something changed: soon, or once the gap is over. */
  ask() {
    this.#timer ??= setTimeout(this.now, Math.max(0, this.#ran + this.gap - performance.now()));
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
