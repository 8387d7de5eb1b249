// When rows may change places: figures move every second, and a table that shuffles under the eye cannot be read. No clocks of its own.

/** Milliseconds between two orders while only figures move. */
export const CALM = 5000;

export class Pace {
  #sorted = -Infinity;
  #due = true;

  /** Somebody asked for another order, or what there is has changed. */
  ask() {
    this.#due = true;
  }

  /** Whether to sort now. While `held` nothing moves, whatever is due. */
  now(time: number, held: boolean, moves: boolean): boolean {
    if (held && this.#sorted !== -Infinity) return false;
    if (!this.#due && !(moves && time - this.#sorted >= CALM)) return false;
    this.#due = false;
    this.#sorted = time;
    return true;
  }
}
