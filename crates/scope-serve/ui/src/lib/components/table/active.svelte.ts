// The row of a table that keys act on. It is followed where it goes: rows change places, and a key must not act on another one than was chosen.

export class ActiveRow {
  #key = $state.raw<string>();
  /** Where it stood when it was chosen: whoever stands near there comes after it, once it is gone. */
  #chosen = $state.raw(0);
  readonly #count: () => number;
  readonly #keyAt: (at: number) => string | undefined;

  readonly at: number = $derived.by(() => {
    const count = this.#count();
    const near = Math.max(0, Math.min(count - 1, this.#chosen));
    if (this.#key === undefined || this.#keyAt(near) === this.#key) return near;
    for (let at = 0; at < count; at++) if (this.#keyAt(at) === this.#key) return at;
    return near;
  });

  /** To be made while a component is. `keyAt` gives what stays the same of a row, and reads reactive state. */
  constructor(count: () => number, keyAt: (at: number) => string | undefined) {
    this.#count = count;
    this.#keyAt = keyAt;
  }

  set(at: number) {
    this.#chosen = Math.max(0, Math.min(this.#count() - 1, at));
    this.#key = this.#keyAt(this.#chosen);
  }
}
