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

/** Rows of one tile: so few that those out of sight cost little, and so many that there are few tiles. */
const TILE = 32;

/** The tiles that rows of a range are in. A tile has its place for good; the last ends where the list does. */
export function tilesOf({ from, to }: { from: number; to: number }, count: number): { from: number; to: number }[] {
  const tiles: { from: number; to: number }[] = [];
  for (let at = Math.floor(from / TILE) * TILE; at < Math.min(to, count); at += TILE)
    tiles.push({ from: at, to: Math.min(count, at + TILE) });
  return tiles;
}
