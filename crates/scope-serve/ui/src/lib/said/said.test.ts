import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsOf } from '../model/hint';
import german from './de.json';
import { Said, type Sentences } from './said';

const sentences = german as unknown as Sentences;
const said = new Said(sentences);
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([place]) => place).sort();

/** The sentences of the server and of agents, as they stand in their sources: on one line each, without what a string's quotes need. */
function sources(): string {
  const crates = new URL('../../../../../', import.meta.url).pathname;
  return ['scope-collect', 'scope-core', 'scope-render', 'scope-serve']
    .flatMap((crate) =>
      readdirSync(join(crates, crate, 'src'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.rs'))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    )
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .replace(/\\(["\\])/g, '$1');
}

describe('what is said, in German', () => {
  it('has names, figures and causes in their places', () => {
    expect(said.in('connect to the engine at unix:///run/docker.sock: Permission denied (os error 13)')).toBe(
      'Keine Verbindung zur Engine unter unix:///run/docker.sock: keine Berechtigung (os error 13)',
    );
    expect(
      said.in(
        'connection tracking cannot be read (Operation not permitted (os error 1)): translated addresses stay unresolved, short connections are counted from closed sockets where there are any, and short exchanges over UDP are not seen',
      ),
    ).toContain('(Vorgang nicht erlaubt (os error 1)): Übersetzte');
  });
  it('says what to do after what is wrong', () => {
    expect(said.in('there is no value after `cpu>`; write cpu>value; for an empty text cpu>""')).toBe(
      'Nach `cpu>` steht kein Wert; cpu>Wert schreiben; für einen leeren Text cpu>""',
    );
    expect(said.in('`cpu` needs a number, not "fast"; write for example cpu > 50')).toBe(
      '`cpu` braucht eine Zahl, nicht „fast“; zum Beispiel cpu > 50 schreiben',
    );
  });
  it('is what was said where nobody has words for it', () => {
    for (const text of ['', 'a plugin: out of coffee', 'out of coffee; write has:field', '; ; ;', 'x'.repeat(10_000)])
      expect(said.in(text)).toBe(text);
  });
  it('takes no name for a sentence', () => {
    expect(said.in('look whether it runs on write has:field and can reach this server')).toContain('auf write has:field läuft');
  });
  it.each(sentences)('keeps all that is in its places: %s', (english, spoken) => {
    expect(places(spoken)).toEqual(places(english));
  });
  it('keeps commands and names of options', () => {
    for (const [english, spoken] of sentences) {
      const words = (text: string) => (text.match(/(?:--[a-z-]+|CAP_\w+|\/sys\S*|\/proc\b|`[^`]+`)/g) ?? []).sort();
      if (english.startsWith('lengthen') || english.startsWith('there is no node')) continue;
      expect(words(spoken), english).toEqual(words(english));
      for (const command of commandsOf(english))
        if (!command.includes('setcap') && !command.includes('usermod')) expect(spoken).toContain(command);
    }
  });
  it('is of sentences that are still said', () => {
    const all = sources();
    const unsaid = sentences.flatMap(([english]) =>
      english.includes('(os error')
        ? []
        : english
            .split(/\{\w+\}(?:: )?| of (?=\{count\})/)
            .map((part) => part.trim())
            .filter((part) => part.length > 4 && !all.includes(part)),
    );
    expect(unsaid).toEqual([]);
  });
});
