// The last raw frames of all agents, for people who look for a fault: bounded in number and length, so that it can stay on for days.

export const MOST_ENTRIES = 300;
export const LONGEST_ENTRY = 4000;

export interface Entry {
  number: number;
  url: string;
  at: number;
  /** As it came, cut. */
  text: string;
  /** Characters as it came. */
  length: number;
  /** Whether it was a frame of an agent. */
  read: boolean;
}

export class Journal {
  entries: Entry[] = [];
  #count = 0;
  on = false;
  paused = false;
  version = 0;

  note(url: string, at: number, text: string, read: boolean) {
    if (!this.on || this.paused) return;
    this.#count += 1;
    // A slice of a text holds on to the whole of it: what is kept of a long one is copied.
    const kept = text.length > LONGEST_ENTRY ? JSON.parse(JSON.stringify(text.slice(0, LONGEST_ENTRY))) : text;
    this.entries.push({ number: this.#count, url, at, text: kept, length: text.length, read });
    if (this.entries.length > MOST_ENTRIES) this.entries.splice(0, this.entries.length - MOST_ENTRIES);
    this.version += 1;
  }

  clear() {
    this.entries = [];
    this.version += 1;
  }
}
