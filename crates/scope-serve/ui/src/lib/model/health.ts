// How a node is, and why: from its state, health check, restarts, and what it uses near its limits. Thresholds live here; colours and words do not.
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
const MANY_RESTARTS = 3;
// How a container ends that somebody stopped: by itself, by Ctrl-C, by SIGTERM.
const ORDERLY = new Set([0, 130, 143]);

export function judge(node: Judged, figure: FigureOf, now: number): Judgement {
  if (node.role === 'pseudo') return UNKNOWN;
  const attrs = node.facts.attrs;
  const state = typeof attrs?.['state'] === 'string' ? attrs['state'].toLowerCase() : undefined;
  const critical: Reason[] = [];
  const warning: Reason[] = [];

  if (state === 'restarting' || state === 'crashloopbackoff') critical.push({ what: 'restarting' });
  else if (state === 'dead') critical.push({ what: 'dead' });
  else if (state === 'paused') warning.push({ what: 'paused' });
  else if (state === 'zombie') warning.push({ what: 'zombie' });
  else if (state === 'pending') warning.push({ what: 'pending' });
  if (attrs?.['oom_killed'] === true) critical.push({ what: 'out_of_memory' });
  const ended = state === 'exited' || state === 'stopped' || state === 'failed';
  if (ended) {
    const code = attrs?.['exit_code'];
    if (typeof code === 'number' ? !ORDERLY.has(code) : state === 'failed') {
      critical.push({ what: 'failed', exitCode: typeof code === 'number' ? code : NaN });
    }
  }
  if (!ended && attrs?.['health'] === 'unhealthy') critical.push({ what: 'unhealthy' });
  const restarts = attrs?.['restart_count'];
  if (typeof restarts === 'number' && restarts >= MANY_RESTARTS) {
    const started = attrs?.['started_at'];
    if (typeof started === 'string' && now - Date.parse(started) < RECENT_MS) warning.push({ what: 'restarts', count: restarts });
  }
  if (!ended) judgeUse(node, figure, critical, warning);

  if (critical.length) return { health: 'critical', reasons: [...critical, ...warning] };
  if (warning.length) return { health: 'warning', reasons: warning };
  if (ended || attrs?.['health'] === 'starting' || state === 'created') return UNKNOWN;
  return state !== undefined || figure('cpu_pct') !== undefined || figure('mem_bytes') !== undefined ? HEALTHY : UNKNOWN;
}

export function healthOf(graph: Graph, n: number, now = Date.now()): Judgement {
  const node = graph.nodes.get(n);
  return node ? judge(node, (metric) => graph.figure(n, metric), now) : UNKNOWN;
}

function judgeUse(node: Judged, figure: FigureOf, critical: Reason[], warning: Reason[]) {
  const memory = share(node, figure, 'mem_bytes');
  if (memory !== undefined && memory >= 0.95) critical.push({ what: 'memory', share: memory });
  else if (memory !== undefined && memory >= 0.85) warning.push({ what: 'memory', share: memory });
  const cpu = share(node, figure, 'cpu_pct');
  if (cpu !== undefined && cpu >= 0.95) warning.push({ what: 'cpu', share: cpu });
  const throttled = figure('cpu_throttled_pct');
  if (throttled !== undefined && throttled >= 25) warning.push({ what: 'throttled', share: throttled / 100 });
  const disk = figure('disk_pct');
  if (disk !== undefined && disk >= 95) critical.push({ what: 'disk', share: disk / 100 });
  else if (disk !== undefined && disk >= 90) warning.push({ what: 'disk', share: disk / 100 });
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
