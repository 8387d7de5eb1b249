// Messages of a subscription while nothing is to move: kept in order, and applied when it goes on. Nothing of the page is known here.

/** Ten minutes of figures. More is not worth keeping: a snapshot of what is now says it shorter. */
const MOST = 600;

export class Hold<M extends { type: string }> {
  #on = false;
  #kept: M[] = [];

  constructor(
    readonly apply: (message: M) => void,
    /** Has a snapshot come. */
    readonly restart: () => void,
  ) {}

  pause() {
    this.#on = true;
  }

  resume() {
    this.#on = false;
    const kept = this.#kept;
    this.#kept = [];
    for (const message of kept) this.apply(message);
  }

  /** @param first whether there is nothing yet that could stand still. */
  take(message: M, first: boolean) {
    if (!this.#on || first) {
      this.apply(message);
      return;
    }
    if (message.type === 'snapshot') this.#kept = [];
    this.#kept.push(message);
    if (this.#kept.length > MOST) {
      this.#kept = [];
      this.restart();
    }
  }
}
