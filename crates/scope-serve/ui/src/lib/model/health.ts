// How a node is, and why: from its state, health check, restarts, and what it uses near its limits. Bounds of what is used are in `bounds`; colours and words are elsewhere.
import { nearness } from './bounds';
import type { Graph, GraphNode } from './graph';

export type Health = 'healthy' | 'warning' | 'critical' | 'unknown';
export const HEALTHS: readonly Health[] = ['healthy', 'warning', 'critical', 'unknown'];

/** What is wrong. `share` is of a limit, 1 is all of it. */
export type Reason =
  | { what: 'unhealthy' | 'restarting' | 'dead' | 'out_of_memory' | 'paused' | 'zombie' | 'pending' }
  | { what: 'failed'; exitCode: number }
  | { what: 'restarts'; count: number }
  | { what: 'memory' | 'cpu' | 'disk' | 'throttled'; share: number };

export interface Judgement {
  health: Health;
  /** The gravest first; none where all is well or nothing is known. */
  reasons: Reason[];
}

type FigureOf = (metric: string) => number | undefined;
type Judged = Pick<GraphNode, 'kind' | 'role' | 'facts'>;

const HEALTHY: Judgement = { health: 'healthy', reasons: [] };
const UNKNOWN: Judgement = { health: 'unknown', reasons: [] };
/** Restarts that are longer ago than this are over. */
const RECENT_MS = 3_600_000;
/** What has restarted often stays up for so long before it is no longer taken to be in a loop: engines wait minutes between attempts, and what fails may run for some. */
const LOOP_MS = 600_000;
/** So long before restarts are over, a loop is. */
export const SETTLES_MS = RECENT_MS - LOOP_MS;
const MANY_RESTARTS = 3;
const ENDED = new Set(['exited', 'stopped', 'failed']);
// How a container ends that somebody stopped: by itself, by Ctrl-C, by SIGKILL where it does not heed SIGTERM, by SIGTERM. What was killed for memory says so.
const ORDERLY = new Set([0, 130, 137, 143]);

/** Most nodes have neither, and thousands are judged each second: no lists are made for nothing. */
interface Found {
  critical: Reason[] | undefined;
  warning: Reason[] | undefined;
}

const put = (found: Found, health: 'critical' | 'warning', reason: Reason) => (found[health] ??= []).push(reason);

export function judge(node: Judged, figure: FigureOf, now: number): Judgement {
  if (node.role === 'pseudo') return UNKNOWN;
  const attrs = node.facts.attrs;
  const state = typeof attrs?.['state'] === 'string' ? attrs['state'].toLowerCase() : undefined;
  const found: Found = { critical: undefined, warning: undefined };

  const code = attrs?.['exit_code'];
  const ended = hasEnded(node);
  const unrest = unrestUntil(node);
  // Between two attempts it runs: that is no better than to wait for the next.
  if (state === 'restarting' || state === 'crashloopbackoff' || now < unrest - SETTLES_MS) {
    put(found, 'critical', { what: 'restarting' });
    // Whatever it ended with, it should not have ended.
    if (typeof code === 'number') put(found, 'critical', { what: 'failed', exitCode: code });
  }
  if (state === 'dead') put(found, 'critical', { what: 'dead' });
  else if (state === 'paused') put(found, 'warning', { what: 'paused' });
  else if (state === 'zombie') put(found, 'warning', { what: 'zombie' });
  else if (state === 'pending') put(found, 'warning', { what: 'pending' });
  if (attrs?.['oom_killed'] === true) put(found, 'critical', { what: 'out_of_memory' });
  if (ended) {
    if (typeof code === 'number' ? !ORDERLY.has(code) : state === 'failed') {
      put(found, 'critical', { what: 'failed', exitCode: typeof code === 'number' ? code : NaN });
    }
  }
  if (!ended && attrs?.['health'] === 'unhealthy') put(found, 'critical', { what: 'unhealthy' });
  if (now < unrest) put(found, 'warning', { what: 'restarts', count: Number(attrs?.['restart_count']) });
  if (!ended) judgeUse(node, figure, found);

  const { critical, warning } = found;
  if (critical) return { health: 'critical', reasons: [...critical, ...(warning ?? [])] };
  if (warning) return { health: 'warning', reasons: warning };
  if (ended || attrs?.['health'] === 'starting' || state === 'created') return UNKNOWN;
  return state !== undefined || figure('cpu_pct') !== undefined || figure('mem_bytes') !== undefined ? HEALTHY : UNKNOWN;
}

export function hasEnded(node: Judged): boolean {
  const state = node.facts.attrs?.['state'];
  return typeof state === 'string' && ENDED.has(state.toLowerCase());
}

/** Until when restarts are news, in milliseconds; 0 where there were none, or few, or where nothing is restarted any more. */
export function unrestUntil(node: Judged): number {
  if (hasEnded(node)) return 0;
  const attrs = node.facts.attrs;
  const restarts = attrs?.['restart_count'];
  const started = attrs?.['started_at'];
  if (typeof restarts !== 'number' || restarts < MANY_RESTARTS || typeof started !== 'string') return 0;
  return Date.parse(started) + RECENT_MS || 0;
}

export function healthOf(graph: Graph, n: number, now = Date.now()): Judgement {
  const node = graph.nodes.get(n);
  return node ? judge(node, (metric) => graph.figure(n, metric), now) : UNKNOWN;
}

const USED = [
  ['memory', 'mem_bytes'],
  ['cpu', 'cpu_pct'],
  ['throttled', 'cpu_throttled_pct'],
  ['disk', 'disk_pct'],
] as const;

function judgeUse(node: Judged, figure: FigureOf, found: Found) {
  for (const [what, metric] of USED) {
    const used = share(node, figure, metric);
    const near = nearness(metric, used);
    if (used !== undefined && near) put(found, near, { what, share: used });
  }
}

/** How much of its limit a figure is; `undefined` where there is no limit, or it is unknown. */
export function share(node: Judged, figure: FigureOf, metric: string): number | undefined {
  if (metric === 'mem_bytes') {
    const used = figure('mem_bytes');
    const limit = figure('mem_limit_bytes') ?? figure('mem_total_bytes');
    if (used !== undefined && limit !== undefined && limit > 0) return used / limit;
    const percent = figure('mem_pct');
    return percent === undefined ? undefined : percent / 100;
  }
  const value = figure(metric);
  if (value === undefined) return undefined;
  if (metric === 'cpu_pct') {
    const cores = node.facts.attrs?.['cores'];
    const limit = figure('cpu_limit_pct') ?? (typeof cores === 'number' && cores > 0 ? cores * 100 : undefined);
    return limit !== undefined && limit > 0 ? value / limit : undefined;
  }
  return metric.endsWith('_pct') ? value / 100 : undefined;
}
