// Which element of a card shows which of its rows. Elements stay where they are and get other words: taking them out and putting them in elsewhere, as rows
// overtake each other each second, costs a browser ten times as much. Only the one with the focus goes along with its row.

export interface Slot<Row> {
  key: number;
  row: Row;
  at: number;
}

export class Slots<Row extends { id: string }> {
  #slots: readonly Slot<Row>[] = [];
  #next = 0;

  /**
   * Rows with their places in the list, in that order; `held` is the row whose element it keeps. A slot is the same object as last time where it shows the same
   * row in the same place, unless that is `due` to be told anew.
   */
  of(rows: readonly { row: Row; at: number }[], held: string | undefined, due: (at: number) => boolean): readonly Slot<Row>[] {
    const before = new Map(this.#slots.map((slot) => [slot.at, slot]));
    const kept = this.#slots.find(({ row }) => row.id === held)?.key;
    const free = new Set(this.#slots.map(({ key }) => key));
    const keys = rows.map(({ row, at }) => {
      const key = row.id === held ? kept : before.get(at)?.key;
      return key !== undefined && (key !== kept || row.id === held) && free.delete(key) ? key : undefined;
    });
    const spare = free.values();
    return (this.#slots = rows.map(({ row, at }, index) => {
      const key = keys[index] ?? this.#another(spare);
      const same = before.get(at);
      return same?.key === key && same.row === row && !due(at) ? same : { key, row, at };
    }));
  }

  #another(spare: Iterator<number>): number {
    const { value, done } = spare.next();
    return done ? this.#next++ : value;
  }
}
