// How long to wait before the next attempt to connect: doubling, with a limit and jitter, so that many browsers do not come back at once.

export interface Pace {
  /** The first wait, in milliseconds. */
  first: number;
  /** The longest wait, in milliseconds. */
  longest: number;
  /** The share of a wait that chance decides: a half, unless said. */
  jitter?: number;
}

export class Backoff {
  #failures = 0;

  constructor(
    readonly pace: Pace,
    readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds until the next attempt: what is due, less what chance takes of it. */
  next(): number {
    const due = Math.min(this.pace.longest, this.pace.first * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    const chance = due * (this.pace.jitter ?? 0.5);
    return due - chance + chance * this.random();
  }

  /** What has been reached counts as reached. */
  reset() {
    this.#failures = 0;
  }

  get failures(): number {
    return this.#failures;
  }
}
