// What a table is sorted by, as the link says it. How rows are put in order is in `order`: every page reads links, and few sort.

export interface Sorting {
  key: string;
  descending: boolean;
}

/** `-cpu_pct` is the largest first. */
export function readSorting(text: string): Sorting | undefined {
  if (!text) return undefined;
  return text.startsWith('-') ? { key: text.slice(1), descending: true } : { key: text, descending: false };
}

export const writeSorting = ({ key, descending }: Sorting) => `${descending ? '-' : ''}${key}`;
