// The registry's names and descriptions in the reader's language. The server's own words are English; what a language has no word for, such as a plugin's field,
// keeps them.
import type { FieldInfo } from '../api/client';

/** Name and description of each field, by the field. */
export type FieldWords = Readonly<Record<string, readonly string[]>>;

/** Loaded only where they are read: they are as much as a page's script. */
const WORDS: Readonly<Record<string, () => Promise<{ default: FieldWords }>>> = { de: () => import('./de.json') };

export async function wordsFor(locale: string): Promise<FieldWords> {
  try {
    return (await WORDS[locale]?.())?.default ?? {};
  } catch {
    // The page is of more use in two languages than not at all.
    return {};
  }
}

export function spoken(field: FieldInfo, words: FieldWords): FieldInfo {
  const [label = field.label, description = field.description] = Object.hasOwn(words, field.name) ? words[field.name]! : [];
  // Where it stands, in lines and in titles, names are not set apart.
  return { ...field, label, description: description.replaceAll('`', '') };
}
