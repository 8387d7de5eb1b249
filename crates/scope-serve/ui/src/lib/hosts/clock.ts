// How far an agent's clock is off from this browser's, from when frames say they were sent and when they arrived; and the agent's times in the
// browser's. A frame travels at least as long as the fastest one did, so the least difference of late is the clocks' own.

const WINDOW = 64;
/** So many frames in a row that are later than this by milliseconds: a clock was set, rather than the network slow. */
const LATE = 2000;
const LATE_IN_A_ROW = 5;
/** From here on it is worth telling, in milliseconds. */
export const LARGE = 2000;

export class Clock {
  #differences: number[] = [];
  #least = NaN;
  #late: number[] = [];
  #delay = NaN;

  /** Both in milliseconds since 1970, by the agent's clock and by the browser's. */
  note(sentAt: number, arrivedAt: number) {
    const difference = arrivedAt - sentAt;
    if (Number.isNaN(difference)) return;
    if (difference - this.#least > LATE) {
      this.#late.push(difference);
      if (this.#late.length >= LATE_IN_A_ROW) {
        this.#differences = this.#late;
        this.#late = [];
      }
    } else {
      this.#late = [];
      this.#differences.push(difference);
      if (this.#differences.length > WINDOW) this.#differences.shift();
    }
    this.#least = Math.min(...this.#differences);
    this.#delay = difference - this.#least;
  }

  /** What the agent's clock is ahead, in milliseconds; NaN until a frame has come. */
  get ahead(): number {
    return -this.#least;
  }

  /** By how much the last frame was slower than the fastest of late. */
  get delay(): number {
    return this.#delay;
  }

  get isLarge(): boolean {
    return Math.abs(this.#least) >= LARGE;
  }

  /** A time of the agent's in the browser's. */
  here(agentTime: number): number {
    return agentTime + this.#least;
  }
}
