// What somebody types for a dialog that is on its way: text, and whether Enter ended it. Which dialog, and what the text means there, is not known here.

/** More than anybody types while a part of the page is loaded. */
const MOST = 200;

export class EarlyKeys {
  #keys: string[] = [];

  keep(key: string) {
    if (this.#keys.length < MOST) this.#keys.push(key);
  }

  clear() {
    this.#keys = [];
  }

  /** What was kept, once. */
  take(): { text: string; entered: boolean } {
    const end = this.#keys.indexOf('Enter');
    const text = (end < 0 ? this.#keys : this.#keys.slice(0, end)).join('');
    this.clear();
    return { text, entered: end >= 0 };
  }
}
