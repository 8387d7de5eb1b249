// What links run behind: the boxes of a map, in a grid, so that what lies near a line is found without looking through all of them. Geometry alone.

/** The side of a cell, in units of the map: a card is some 180 wide. */
const CELL = 256;
/** What takes more cells than this is looked at with each question. */
const CELLS_MOST = 256;

export class Obstacles {
  #cells = new Map<number, number[]>();
  #large: number[] = [];
  /** In which question each box was met last: one that lies in several cells is met once. */
  #met: Uint32Array;
  #question = 0;
  /** Around all of them. */
  #left = Infinity;
  #top = Infinity;
  #right = -Infinity;
  #bottom = -Infinity;

  /** `boxes`: left, top, right and bottom of each. `ends`: what each is a box of. */
  constructor(
    readonly boxes: Float32Array,
    readonly ends: Int32Array,
  ) {
    this.#met = new Uint32Array(ends.length);
    for (let box = 0; box < ends.length; box++) {
      const at = box * 4;
      const few = this.#visit(boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!, (key) => {
        const cell = this.#cells.get(key);
        if (cell) cell.push(box);
        else this.#cells.set(key, [box]);
      });
      if (!few) this.#large.push(box);
      this.#left = Math.min(this.#left, boxes[at]!);
      this.#top = Math.min(this.#top, boxes[at + 1]!);
      this.#right = Math.max(this.#right, boxes[at + 2]!);
      this.#bottom = Math.max(this.#bottom, boxes[at + 3]!);
    }
  }

  /** The boxes that have a part within a rectangle, those of `a` and `b` left out. */
  within(left: number, top: number, right: number, bottom: number, a: number, b: number): number[] {
    this.#question += 1;
    const { boxes, ends } = this;
    const found: number[] = [];
    const look = (box: number) => {
      if (this.#met[box] === this.#question) return;
      this.#met[box] = this.#question;
      if (ends[box] === a || ends[box] === b) return;
      const at = box * 4;
      if (boxes[at]! < right && boxes[at + 1]! < bottom && boxes[at + 2]! > left && boxes[at + 3]! > top) found.push(box);
    };
    const few = this.#visit(left, top, right, bottom, (key) => {
      const cell = this.#cells.get(key);
      if (cell) for (const box of cell) look(box);
    });
    if (few) this.#large.forEach(look);
    else for (let box = 0; box < ends.length; box++) look(box);
    return found;
  }

  /** Of a line, the boxes that it comes nearer to than `pad`, those of `a` and `b` left out. */
  onLine(x0: number, y0: number, x1: number, y1: number, pad: number, a: number, b: number): number[] {
    const near = this.within(Math.min(x0, x1) - pad, Math.min(y0, y1) - pad, Math.max(x0, x1) + pad, Math.max(y0, y1) + pad, a, b);
    return near.filter((box) => this.meets(box, x0, y0, x1, y1, pad));
  }

  meets(box: number, x0: number, y0: number, x1: number, y1: number, pad: number): boolean {
    const { boxes } = this;
    const at = box * 4;
    return meets(x0, y0, x1, y1, boxes[at]! - pad, boxes[at + 1]! - pad, boxes[at + 2]! + pad, boxes[at + 3]! + pad);
  }

  /** Whether a point lies on a box, or nearer to one than `pad`. */
  cover(x: number, y: number, pad: number): boolean {
    return this.within(x - pad, y - pad, x + pad, y + pad, NaN, NaN).length > 0;
  }

  /** Whether a point is no further from all that is there than `beyond`. */
  holds(x: number, y: number, beyond: number): boolean {
    return x >= this.#left - beyond && x <= this.#right + beyond && y >= this.#top - beyond && y <= this.#bottom + beyond;
  }

  /** The cells of a rectangle, unless they are too many. */
  #visit(left: number, top: number, right: number, bottom: number, each: (key: number) => void): boolean {
    const [column, row] = [Math.floor(left / CELL), Math.floor(top / CELL)];
    const [columns, rows] = [Math.floor(right / CELL) - column + 1, Math.floor(bottom / CELL) - row + 1];
    if (!(columns * rows <= CELLS_MOST)) return false;
    for (let y = row; y < row + rows; y++) for (let x = column; x < column + columns; x++) each(x * 65_536 + y);
    return true;
  }
}

/** Whether a line has a part within a rectangle; one that only touches it has none. */
export function meets(x0: number, y0: number, x1: number, y1: number, left: number, top: number, right: number, bottom: number): boolean {
  if ((x0 <= left && x1 <= left) || (x0 >= right && x1 >= right)) return false;
  if ((y0 <= top && y1 <= top) || (y0 >= bottom && y1 >= bottom)) return false;
  const dx = x1 - x0;
  const dy = y1 - y0;
  let first = 0;
  let last = 1;
  if (dx) {
    first = Math.max(first, Math.min((left - x0) / dx, (right - x0) / dx));
    last = Math.min(last, Math.max((left - x0) / dx, (right - x0) / dx));
  }
  if (dy) {
    first = Math.max(first, Math.min((top - y0) / dy, (bottom - y0) / dy));
    last = Math.min(last, Math.max((top - y0) / dy, (bottom - y0) / dy));
  }
  return first < last;
}
