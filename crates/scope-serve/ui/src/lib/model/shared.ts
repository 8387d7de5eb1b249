// What was read anew, with all that is as it was taken from before. Plain data, as it comes from JSON.

/** `before` itself where both say the same; else `now`, in which lists and maps that say what they said are those of before. */
export function shared<T>(before: T, now: T): T {
  if (!isObject(before) || !isObject(now)) return now;
  if (!Array.isArray(now)) return Array.isArray(before) ? now : (ofMaps(before as Map, now as Map) as T);
  return Array.isArray(before) ? (ofLists(before, now) as T) : now;
}

type Map = Record<string, unknown>;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function ofMaps(before: Map, now: Map): Map {
  let count = 0;
  let same = true;
  for (const key in now) {
    count += 1;
    const was = before[key];
    if (was === now[key]) continue;
    // What every object has by itself is none of what was said.
    const had = Object.hasOwn(before, key);
    if (had) now[key] = shared(was, now[key]);
    same &&= had && now[key] === was;
  }
  return same && count === Object.keys(before).length ? before : now;
}

function ofLists(before: unknown[], now: unknown[]): unknown[] {
  let same = before.length === now.length;
  for (let at = 0; at < now.length; at += 1) {
    const was = before[at];
    if (was === now[at]) continue;
    const one = (now[at] = shared(was, now[at]));
    same &&= one === was;
  }
  return same ? before : now;
}
