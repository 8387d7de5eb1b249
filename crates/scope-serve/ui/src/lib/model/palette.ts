// How well a text fits what somebody types into the palette: letters in order, better at the beginnings of words and side by side. No list, no page.

/** Higher is better; `undefined` fits not at all. */
export function fit(text: string, wanted: string): number | undefined {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  let sum = 0;
  for (const word of words) {
    const one = fitWord(text, word);
    if (one === undefined) return undefined;
    sum += one;
  }
  return sum;
}

function fitWord(text: string, wanted: string): number | undefined {
  const low = text.toLowerCase();
  const whole = low.indexOf(wanted);
  if (whole >= 0) {
    const atStart = whole === 0 ? 30 : beginsWord(low, whole) ? 20 : 0;
    return 60 + atStart - Math.min(20, (low.length - wanted.length) / 4);
  }
  // Two letters in order are in nearly everything.
  if (wanted.length < 3) return undefined;
  let at = -1;
  let score = 0;
  for (const letter of wanted) {
    const next = low.indexOf(letter, at + 1);
    if (next < 0) return undefined;
    score += next === at + 1 ? 3 : beginsWord(low, next) ? 2 : -1;
    at = next;
  }
  return score > 0 ? score : undefined;
}

const beginsWord = (text: string, at: number) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '');

/** Names that have every word, best first: the name itself, what begins with it, what has it at the beginning of a word, and the rest. */
export function named<T>(items: Iterable<T>, nameOf: (item: T) => string, wanted: string, most: number): T[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const first = words[0] ?? '';
  const rank = (name: string) => (name === first ? 0 : name.startsWith(first) ? 1 : beginsWord(name, name.indexOf(first)) ? 2 : 3);
  const found: { item: T; name: string; rank: number }[] = [];
  for (const item of items) {
    const name = nameOf(item).toLowerCase();
    if (words.every((word) => name.includes(word))) found.push({ item, name, rank: rank(name) });
  }
  return found
    .sort((a, b) => a.rank - b.rank || a.name.length - b.name.length)
    .slice(0, most)
    .map(({ item }) => item);
}

/** The `most` best of a list, best first, equal ones as they came. */
export function best<T>(items: Iterable<T>, textOf: (item: T) => string, wanted: string, most: number): T[] {
  const found: { item: T; score: number }[] = [];
  for (const item of items) {
    const score = fit(textOf(item), wanted);
    if (score !== undefined) found.push({ item, score });
  }
  return found
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map((one) => one.item);
}
