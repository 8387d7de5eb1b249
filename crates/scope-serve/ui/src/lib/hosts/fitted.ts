// Text cut to the room there is, with what shows that it was cut. Remembers what it measured, as names are drawn each second and seldom others.

interface Fitted {
  text: string;
  width: number;
}

const MOST = 20_000;
const known = new Map<string, Fitted>();

/** `font` is what `measure` measures in. */
export function fitted(text: string, room: number, font: string, measure: (text: string) => number): Fitted {
  const key = `${room} ${font} ${text}`;
  let found = known.get(key);
  if (!found) {
    if (known.size >= MOST) known.clear();
    known.set(key, (found = fit(text, room, measure)));
  }
  return found;
}

function fit(text: string, room: number, measure: (text: string) => number): Fitted {
  const width = measure(text);
  if (width <= room) return { text, width };
  // No letter is cut in two.
  const letters = [...text];
  let [fits, beyond] = [0, letters.length];
  while (beyond - fits > 1) {
    const middle = (fits + beyond) >> 1;
    if (measure(`${letters.slice(0, middle).join('')}…`) <= room) fits = middle;
    else beyond = middle;
  }
  const cut = `${letters.slice(0, fits).join('')}…`;
  return { text: cut, width: measure(cut) };
}
