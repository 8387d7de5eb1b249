// Cells of text and of figures, written into the document by hand: where another order or a second's figures have hundreds of cells say something else, finding
// out of each by itself that it does takes longer than saying it. What a cell shows is worked out in cells.ts.
import type { Cell } from './cells';
import type { Column } from './columns';

export interface Painter {
  show(cell: Cell): void;
}

/** What of a column decides how its cells are made. */
export type Make = Pick<Column, 'show' | 'numeric'>;

export const painterIn = (cell: HTMLElement, { show, numeric }: Make): Painter =>
  show === 'bar' ? new Bar(cell) : new Line(cell, numeric);

function spanIn(parent: HTMLElement, look = ''): HTMLSpanElement {
  const span = document.createElement('span');
  span.className = look;
  parent.append(span);
  return span;
}

/** Text whose look may change with what it says. */
class Words {
  readonly #span: HTMLSpanElement;
  readonly #text = document.createTextNode('');
  #said = '';
  #tone = '';

  constructor(
    parent: HTMLElement,
    readonly look: string,
  ) {
    this.#span = spanIn(parent, look);
    this.#span.append(this.#text);
  }

  say(text: string, tone: string) {
    if (text !== this.#said) this.#text.data = this.#said = text;
    if (tone === this.#tone) return;
    this.#tone = tone;
    this.#span.className = `${this.look} ${tone}`;
  }
}

class Line implements Painter {
  readonly #words: Words;

  constructor(cell: HTMLElement, numeric: boolean) {
    this.#words = new Words(cell, numeric ? 'truncate ml-auto' : 'truncate');
  }

  show({ text, tone }: Cell) {
    this.#words.say(text, tone);
  }
}

const TRACK = 'relative h-1.5 min-w-5 flex-1 overflow-hidden rounded-[2px]';
const FILLED = 'absolute inset-y-0 left-0';

/** A figure with a bar: of its limit, with a frame; or, where it has none, of the largest around, without one. */
class Bar implements Painter {
  readonly #track: HTMLSpanElement;
  readonly #filled: HTMLSpanElement;
  readonly #words: Words;
  #look = '';
  #width = '';

  constructor(cell: HTMLElement) {
    const whole = spanIn(cell, 'flex w-full items-center gap-2');
    this.#track = spanIn(whole, TRACK);
    this.#filled = spanIn(this.#track, FILLED);
    this.#words = new Words(whole, 'min-w-15 text-right');
  }

  show({ text, share = 0, limited, near }: Cell) {
    this.#words.say(text, near === 'critical' ? 'text-critical' : near && 'text-warning');
    // Thinner differences are not drawn.
    const width = `${Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10}%`;
    if (width !== this.#width) this.#filled.style.width = this.#width = width;
    const look = !limited ? 'bg-muted/40' : near === 'critical' ? 'bg-critical' : near ? 'bg-warning' : 'bg-accent/60';
    if (look === this.#look) return;
    this.#look = look;
    this.#track.className = limited ? `${TRACK} bg-border` : TRACK;
    this.#filled.className = `${FILLED} ${look}`;
  }
}
