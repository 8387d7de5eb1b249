// What the server and agents say in sentences, in the reader's language. Their own words are English, and hold names and figures: a sentence is known by what
// stands around those. What a language has no words for is shown as it was said. No state, no markup.

/** A sentence with `{places}`, and what it is in another language. */
export type Sentences = readonly (readonly [said: string, spoken: string])[];

interface Known {
  pattern: RegExp;
  places: string[];
  spoken: string;
}

const PLACE = /\{(\w+)\}/;
/** Causes of causes: no sentence of ours is deeper. */
const DEPTH = 4;
/** As much as agents may say in one; longer ones are nobody's. */
const MOST = 4096;

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export class Said {
  readonly #known: Known[];
  readonly #kept = new Map<string, string>();

  constructor(sentences: Sentences) {
    this.#known = sentences.map(([said, spoken]) => {
      // Every second part is the name of a place.
      const parts = said.split(new RegExp(PLACE, 'g'));
      const source = parts.map((part, at) => (at % 2 ? '(.+?)' : literally(part))).join('');
      return { pattern: new RegExp(`^${source}$`, 's'), places: parts.filter((_, at) => at % 2), spoken };
    });
  }

  in(text: string): string {
    const kept = this.#kept.get(text);
    if (kept !== undefined) return kept;
    const spoken = text.length > MOST ? text : (this.#spoken(text, 0) ?? text);
    // The same few are asked for again and again; those with figures in them come and go.
    if (this.#kept.size > 200) this.#kept.clear();
    this.#kept.set(text, spoken);
    return spoken;
  }

  #spoken(text: string, depth: number): string | undefined {
    if (depth > DEPTH) return undefined;
    for (const { pattern, places, spoken } of this.#known) {
      const found = pattern.exec(text);
      if (!found) continue;
      const values = new Map(places.map((place, at) => [place, found[at + 1] ?? '']));
      return spoken.replace(new RegExp(PLACE, 'g'), (_, place: string) => {
        const value = values.get(place) ?? '';
        // Causes, and what is left out, are sentences themselves; names are never taken for any.
        return place === 'why' || place === 'what' ? (this.#spoken(value, depth + 1) ?? value) : value;
      });
    }
    // What is wrong, and what to do about it.
    for (let at = text.indexOf('; '); at > 0; at = text.indexOf('; ', at + 1)) {
      const [what, todo] = [text.slice(0, at), text.slice(at + 2)];
      const spoken = this.#spoken(what, depth + 1);
      const more = spoken === undefined ? undefined : this.#spoken(todo, depth + 1);
      if (spoken !== undefined && more !== undefined) return `${spoken}; ${more}`;
    }
    return undefined;
  }
}
