// What happened lately, in order, for those who ask again and again what is new since they last asked. What is older is forgotten.

export class Trail<T> {
  #entries: T[] = [];
  #forgotten = 0;

  /** How much happened so far: where to go on from the next time. */
  get end(): number {
    return this.#forgotten + this.#entries.length;
  }

  /** How much of it is known. */
  get length(): number {
    return this.#entries.length;
  }

  add(entry: T) {
    this.#entries.push(entry);
  }

  /** What happened since it ended there; `undefined` where that is too long ago to be known. */
  since(end: number): readonly T[] | undefined {
    return end < this.#forgotten ? undefined : this.#entries.slice(end - this.#forgotten);
  }

  /** Of what is known, all but so much of the latest. */
  forget(but: number) {
    const gone = Math.max(0, this.#entries.length - but);
    this.#entries.splice(0, gone);
    this.#forgotten += gone;
  }

  /** Whatever happened: who asks has to look at everything. */
  clear() {
    this.#forgotten += this.#entries.length + 1;
    this.#entries = [];
  }
}
