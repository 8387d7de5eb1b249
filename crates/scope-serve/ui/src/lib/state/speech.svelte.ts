// What the server and agents say, in the reader's language: sentences are loaded when the first of them is to be shown, and until then stand as they were said.
import { format } from '../model/format';
import { getLocale } from '../paraglide/runtime';
import { Said, type Sentences } from '../said/said';

const SENTENCES: Readonly<Record<string, () => Promise<{ default: unknown }>>> = { de: () => import('../said/de.json') };

/** Points in time as records have them; here they are as the reader writes them. */
const MOMENT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\b/g;

class Speech {
  #said = $state.raw<Said | undefined>();
  #asked = false;

  /** A sentence of the server or of an agent, to be shown. */
  in(text: string): string {
    if (!this.#asked) void this.#load();
    return (this.#said?.in(text) ?? text).replace(MOMENT, (moment) => format.moment(moment));
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
