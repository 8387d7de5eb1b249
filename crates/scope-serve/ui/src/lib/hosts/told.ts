// Which container each row of the document tells of. What is drawn follows the order at once. The document, which is for screen readers and for who selects
// text, follows in turns: other words in forty rows a second cost a browser more than all else on the page. Plain: no elements here.

/** Each row is told anew once in so many turns. */
export const TURNS = 8;

export const isDue = (at: number, turn: number) => (at + turn) % TURNS === 0;

export class Told<Row> {
  #told: readonly Row[] = [];
  #all: unknown;

  /**
   * The same array as last time where nothing is told anew. All of it is where `all` is another than last time, or there are more or fewer rows; `now` says
   * which rows cannot wait.
   */
  of(rows: readonly Row[], turn: number, all: unknown, now: (at: number, told: Row) => boolean): readonly Row[] {
    if (all !== this.#all || rows.length !== this.#told.length) {
      this.#all = all;
      return (this.#told = rows);
    }
    if (rows === this.#told) return rows;
    let next: Row[] | undefined;
    for (const [at, row] of rows.entries()) {
      const told = this.#told[at] as Row;
      if (told !== row && (isDue(at, turn) || now(at, told))) (next ??= [...this.#told])[at] = row;
    }
    return (this.#told = next ?? this.#told);
  }
}
