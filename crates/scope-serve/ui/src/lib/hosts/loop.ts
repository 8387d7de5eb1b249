// Whether a container restarts again and again, as far as its uptimes tell: agents say no more of it. No words.

/** What is started anew is watched for so long. */
export const WATCHED_MS = 600_000;
/** A clock that is set jumps by less. */
const SLACK = 1;

export interface Starts {
  /** How often it was seen to start anew, and when last: milliseconds of this browser's clock. */
  count: number;
  at: number;
}

export const NEVER: Starts = { count: 0, at: NaN };

/** `was` and `is` are uptimes in seconds, NaN where there is none: what had one and has none waits for the engine to try again. */
export function startsOf(before: Starts, was: number, is: number, at: number): Starts {
  const waits = Number.isNaN(is) && !Number.isNaN(was);
  if (waits || is + SLACK < was) return { count: (at - before.at < WATCHED_MS ? before.count : 0) + (waits ? 2 : 1), at };
  return before.count > 0 && at - before.at >= WATCHED_MS ? NEVER : before;
}

/** Once is somebody who restarted it. */
export const loops = (starts: Starts): boolean => starts.count > 1;
