// Text from outside as it is drawn: what cannot be seen, what turns the direction of text and what a page would obey is written out, as the command
// writes it (`\n`, `\u{202e}`). Also on one line and no longer than there is room. No markup here: it is drawn as text, everywhere.

// The same ranges as the server and the command use, and what fonts draw as nothing at all.
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]|\p{Cs}/gu;
// More marks on one letter than any language needs are drawn over the lines above and below.
const PILE = /(\p{M}{4})\p{M}+/gu;

const WRITTEN: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const written = (c: string) => WRITTEN[c] ?? `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`;

/** `text` with everything written out that could not be seen. Most texts come back as they are. */
export function visible(text: string): string {
  return text.replace(UNSEEN, written).replace(PILE, '$1…');
}

/** As `visible`, with the middle left out where it is longer than `most` characters: names differ at both ends. */
export function shortened(text: string, most: number): string {
  // Far longer than what is shown is not even looked through.
  const ends = text.length > 4 * most + 64 ? `${text.slice(0, 2 * most)}${text.slice(-2 * most)}` : text;
  const letters = [...visible(ends)];
  if (letters.length <= most && ends === text) return letters.join('');
  const head = Math.max(0, Math.floor((most * 3) / 5));
  const tail = Math.max(0, most - head - 1);
  return `${letters.slice(0, head).join('')}…${tail ? letters.slice(-tail).join('') : ''}`;
}
