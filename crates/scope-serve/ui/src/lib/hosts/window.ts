// Which rows of a long list are near what can be seen. In steps, so that scrolling a little changes nothing.

/** Rows drawn beyond what is seen: scrolling shows them at once. */
const BEYOND = 3;
const STEP = 4;

/** `top` is where the list begins, below the upper edge of what is seen (negative: above). */
export function visibleRows(top: number, seen: number, row: number, count: number): { from: number; to: number } {
  const from = Math.floor((-top / row - BEYOND) / STEP) * STEP;
  const to = Math.ceil(((seen - top) / row + BEYOND) / STEP) * STEP;
  const start = Math.min(count, Math.max(0, from));
  return { from: start, to: Math.max(start, Math.min(count, to)) };
}
