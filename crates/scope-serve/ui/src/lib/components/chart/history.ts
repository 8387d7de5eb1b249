// Longer histories, as the server has them: what to ask for a range of time, and its answer as columns for a chart.
import { ask, type Schemas } from '#lib/api/client';

export interface Range {
  key: string;
  seconds: number;
}

export const RANGES: readonly Range[] = [
  { key: '15m', seconds: 900 },
  { key: '1h', seconds: 3600 },
  { key: '6h', seconds: 6 * 3600 },
  { key: '24h', seconds: 24 * 3600 },
];

/** At most so many points: as many as a wide chart has pixels to show. The server remembers one each 15 seconds. */
const POINTS = 480;

export const stepOf = (seconds: number) => Math.max(15, Math.ceil(seconds / POINTS / 15) * 15);

export interface History {
  /** Seconds. */
  at: number[];
  mean: (number | null)[];
  max: (number | null)[];
}

export async function historyOf(id: string, metric: string, seconds: number, signal: AbortSignal, now = Date.now()): Promise<History> {
  const query = { id, metric, from: new Date(now - seconds * 1000).toISOString(), to: new Date(now).toISOString(), step: stepOf(seconds) };
  const answer = await ask<Schemas['Lines']>('metrics', query, { signal });
  return columns(answer.lines[0]?.points ?? [], stepOf(seconds));
}

/** Where a point is missing the line is broken: nobody knows what was there. */
export function columns(points: readonly { at: string; mean: number; max: number }[], step: number): History {
  const history: History = { at: [], mean: [], max: [] };
  let last: number | undefined;
  for (const point of points) {
    const at = Date.parse(point.at) / 1000;
    if (last !== undefined && at - last > step * 2.5) {
      history.at.push(last + step);
      history.mean.push(null);
      history.max.push(null);
    }
    history.at.push(at);
    history.mean.push(point.mean);
    history.max.push(point.max);
    last = at;
  }
  return history;
}
