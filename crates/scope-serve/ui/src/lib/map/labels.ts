// Words on the map: measured once, cut to the room there is, and none over another: a coarse grid says what is taken.
import { visible } from '../model/visible';
import type { Pen } from './pen';

const CELL_X = 12;
const CELL_Y = 8;
const MEASURED_AT = 100;
/** Small letters are a little wider than large ones made small. */
const HINTED = 1.03;

export class Labels {
  #widths = new Map<string, number>();
  #shown = new Map<string, string>();
  #taken = new Uint8Array(0);
  #columns = 0;
  #rows = 0;

  /** Forgets what was taken. */
  begin(width: number, height: number) {
    this.#columns = Math.ceil(width / CELL_X) + 1;
    this.#rows = Math.ceil(height / CELL_Y) + 1;
    const size = this.#columns * this.#rows;
    if (this.#taken.length < size) this.#taken = new Uint8Array(size);
    else this.#taken.fill(0, 0, size);
    // Names come and go: what is not drawn any more need not be remembered.
    if (this.#widths.size > 40_000) this.#widths.clear();
    if (this.#shown.size > 40_000) this.#shown.clear();
  }

  /** A name with what cannot be seen written out. */
  clean(text: string): string {
    let shown = this.#shown.get(text);
    if (shown === undefined) this.#shown.set(text, (shown = visible(text.length > 300 ? `${text.slice(0, 300)}…` : text)));
    return shown;
  }

  /** In pixels, at a size of the font that is set. */
  width(pen: Pen, text: string, size: number, font: string, weight = 400): number {
    const key = weight === 400 ? text : `${weight}\u0000${text}`;
    let width = this.#widths.get(key);
    if (width === undefined) {
      const before = pen.font;
      pen.font = `${weight} ${MEASURED_AT}px ${font}`;
      width = pen.measureText(text).width;
      pen.font = before;
      this.#widths.set(key, width);
    }
    return ((width * size) / MEASURED_AT) * HINTED;
  }

  /** As much of a text as there is room for; the end of a name mostly tells more than its middle. */
  cut(pen: Pen, text: string, size: number, font: string, room: number, weight = 400, end = 0.4): string {
    const width = this.width(pen, text, size, font, weight);
    if (width <= room) return text;
    const letters = [...text];
    let keep = Math.floor((letters.length * (room - size * 0.8)) / width);
    for (; keep >= 2; keep--) {
      const tail = Math.floor(keep * end);
      const part = `${letters.slice(0, keep - tail).join('')}…${letters.slice(letters.length - tail).join('')}`;
      // Letters differ: what is left may be the wide ones.
      if (this.width(pen, part, size, font, weight) <= room) return part;
    }
    return '';
  }

  /** Takes a rectangle of the picture, unless some of it is taken already. */
  take(left: number, top: number, width: number, height: number): boolean {
    const c0 = Math.max(0, Math.floor(left / CELL_X));
    const c1 = Math.min(this.#columns - 1, Math.floor((left + width) / CELL_X));
    const r0 = Math.max(0, Math.floor(top / CELL_Y));
    const r1 = Math.min(this.#rows - 1, Math.floor((top + height) / CELL_Y));
    if (c0 > c1 || r0 > r1) return false;
    for (let r = r0; r <= r1; r++) for (let c = c0; c <= c1; c++) if (this.#taken[r * this.#columns + c]) return false;
    for (let r = r0; r <= r1; r++) this.#taken.fill(1, r * this.#columns + c0, r * this.#columns + c1 + 1);
    return true;
  }
}
