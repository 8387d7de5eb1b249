// What the server and agents say, in the reader's language: sentences are loaded when the first of them is to be shown, and until then stand as they were said.
import { getLocale } from '../paraglide/runtime';
import { Said, type Sentences } from '../said/said';

const SENTENCES: Readonly<Record<string, () => Promise<{ default: unknown }>>> = { de: () => import('../said/de.json') };

class Speech {
  #said = $state.raw<Said | undefined>();
  #asked = false;

  /** A sentence of the server or of an agent, to be shown. */
  in(text: string): string {
    if (!this.#asked) void this.#load();
    return this.#said?.in(text) ?? text;
  }

  async #load() {
    this.#asked = true;
    try {
      const sentences = await SENTENCES[getLocale()]?.();
      if (sentences) this.#said = new Said(sentences.default as Sentences);
    } catch {
      // In English they are of more use than not at all.
    }
  }
}

export const speech = new Speech();
