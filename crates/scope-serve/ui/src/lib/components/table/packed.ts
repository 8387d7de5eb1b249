// Puts rows in order by a figure of each. A browser sorts bare numbers ten times as fast as anything that a function compares, but does not say whose they were: so
// the last bits of each number do. Few differ in those bits alone, and they are compared.

/** The halves of a number in memory: the one that ends with its last bits, and the other. */
const LOWER = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;
const UPPER = 1 - LOWER;

/** The rows by key, from the smallest; equal ones in the order in which they came. No key is NaN. */
export function byFigure(rows: readonly number[], keys: Float64Array): number[] {
  const packed = new Float64Array(rows.length);
  const halves = new Uint32Array(packed.buffer);
  // More than there are rows: with none of its last bits the largest figure below zero would be a zero.
  const whose = 2 ** Math.ceil(Math.log2(rows.length + 1)) - 1;
  const endless: number[] = [];
  let count = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const key = keys[rows[at]!]!;
    // With other last bits it would be no number; and what is unknown is this, too.
    if (key === Infinity) {
      endless.push(rows[at]!);
      continue;
    }
    // There are two zeros, which are one figure: adding makes them one.
    packed[count] = key === -Infinity ? -Number.MAX_VALUE : key + 0;
    // Below zero more bits are a smaller number.
    halves[2 * count + LOWER] = (halves[2 * count + LOWER]! & ~whose) | (key < 0 ? whose - at : at);
    count += 1;
  }
  packed.subarray(0, count).sort();
  const order = new Array<number>(rows.length);
  for (let at = 0; at < count; at += 1) {
    const bits = halves[2 * at + LOWER]! & whose;
    order[at] = rows[packed[at]! < 0 ? whose - bits : bits]!;
  }
  const alike = (at: number) =>
    halves[2 * at + UPPER] === halves[2 * at - 2 + UPPER] && ((halves[2 * at + LOWER]! ^ halves[2 * at - 2 + LOWER]!) & ~whose) === 0;
  for (let at = 1; at < count; at += 1) {
    if (keys[order[at - 1]!]! <= keys[order[at]!]!) continue;
    let [from, to] = [at - 1, at + 1];
    while (from > 0 && alike(from)) from -= 1;
    while (to < count && alike(to)) to += 1;
    // Equal ones stay as they stand, which is as they came.
    order
      .slice(from, to)
      .sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0))
      .forEach((n, after) => (order[from + after] = n));
    at = to - 1;
  }
  for (let at = count; at < rows.length; at += 1) order[at] = endless[at - count]!;
  return order;
}

/** Whether rows go up and down by key all over, so that comparing them begins from nothing. */
export function isMixed(rows: readonly number[], keys: Float64Array): boolean {
  let turns = 0;
  let rising = true;
  for (let at = 1; at < rows.length && turns <= rows.length / 8; at += 1) {
    const [before, now] = [keys[rows[at - 1]!]!, keys[rows[at]!]!];
    if (before === now || before < now === rising) continue;
    rising = !rising;
    turns += 1;
  }
  return turns > rows.length / 8;
}
