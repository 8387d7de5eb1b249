// What the server says of a filter that it cannot read, taken apart: where, and what to write instead.

export interface Fault {
  /** From 0, in characters of the filter; absent where the server named no place. */
  at?: number;
  message: string;
}

const PLACE = /cannot read the filter at column (\d+): /;

export function faultOf(detail: string): Fault {
  const found = PLACE.exec(detail);
  if (!found) return { message: detail };
  return { at: Number(found[1]) - 1, message: detail.slice(found.index + found[0].length) };
}

/** Columns count characters, JavaScript counts halves of some of them. */
export function offsetOf(text: string, at: number): number {
  return [...text].slice(0, at).join('').length;
}
