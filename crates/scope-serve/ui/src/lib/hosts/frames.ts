// Frames of agents, as docs/live-agent.schema.json has them: read with suspicion, as anybody may run an agent. What is no number is not known, what is
// no container is left out and counted. Keeps nothing.

/** Longer frames are not read: 10,000 containers with their attributes fit in. */
export const LONGEST_FRAME = 16 << 20;
export const MOST_CONTAINERS = 10_000;
const LONGEST_NAME = 255;
const LONGEST_ID = 512;
const MOST_ATTRS = 32;
const LONGEST_ATTR = 2000;

/** NaN stands for what is not known: figures stay numbers, and go into histories as they are. */
export interface Figures {
  id: string;
  name: string;
  cpu: number;
  memory: number;
  memoryLimit: number;
  uptime: number;
  cpuLimit: number;
  throttled: number;
  received: number;
  sent: number;
  read: number;
  written: number;
  cache: number;
  pids: number;
  /** As it came: `attributes` makes text of it, for the one container that is looked at. */
  attrs: unknown;
}

interface Envelope {
  agent: string;
  /** Milliseconds since 1970 by the agent's clock, to fractions; NaN where it said none that can be read. */
  sentAt: number;
  sequence: number;
}

export type Frame = Envelope &
  (
    | { type: 'batch'; containers: Figures[]; omitted: number; faults: number; ownCpu: number; ownMemory: number }
    | { type: 'status'; uptime: number; version: string; features: string[] }
    | { type: 'heartbeat'; polledAt: number }
    | { type: 'other'; name: string }
  );

export type FrameFault = 'long' | 'json' | 'shape';

export function readFrame(text: string): Frame | { fault: FrameFault } {
  if (text.length > LONGEST_FRAME) return { fault: 'long' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'json' };
  }
  if (!isObject(value) || typeof value['type'] !== 'string' || typeof value['agent_id'] !== 'string') return { fault: 'shape' };
  const envelope = { agent: value['agent_id'].slice(0, LONGEST_NAME), sentAt: time(value['sent_at']), sequence: figure(value['sequence']) };
  switch (value['type']) {
    case 'container_stats_batch':
      return Array.isArray(value['containers']) ? { ...envelope, ...batch(value, value['containers']) } : { fault: 'shape' };
    case 'agent_status':
      return {
        ...envelope,
        type: 'status',
        uptime: figure(value['uptime_secs']),
        version: words(value['version'], 64),
        features: Array.isArray(value['features']) ? value['features'].slice(0, 64).map((feature) => words(feature, 64)) : [],
      };
    case 'heartbeat':
      return { ...envelope, type: 'heartbeat', polledAt: time(value['polled_at']) };
    default:
      return { ...envelope, type: 'other', name: value['type'].slice(0, 64) };
  }
}

function batch(value: Record<string, unknown>, all: unknown[]) {
  const containers: Figures[] = [];
  const ids = new Set<string>();
  const most = Math.min(all.length, MOST_CONTAINERS);
  let faults = 0;
  for (let at = 0; at < most; at += 1) {
    const read = container(all[at]);
    if (!read || ids.has(read.id)) {
      faults += 1;
      continue;
    }
    ids.add(read.id);
    containers.push(read);
  }
  const own = isObject(value['agent_metrics']) ? value['agent_metrics'] : {};
  const said = figure(value['containers_omitted']);
  return {
    type: 'batch' as const,
    containers,
    omitted: (Number.isNaN(said) ? 0 : said) + all.length - most,
    faults,
    ownCpu: figure(own['cpu_pct']),
    ownMemory: figure(own['mem_bytes']),
  };
}

function container(value: unknown): Figures | undefined {
  if (!isObject(value)) return undefined;
  const id = value['id'];
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID) return undefined;
  const name = value['name'];
  return {
    id,
    name: typeof name === 'string' && name !== '' ? name.slice(0, LONGEST_NAME) : id.slice(0, 12),
    cpu: figure(value['cpu_pct']),
    memory: figure(value['mem_bytes']),
    memoryLimit: figure(value['mem_limit_bytes']),
    uptime: figure(value['uptime_secs']),
    cpuLimit: figure(value['cpu_limit_pct']),
    throttled: figure(value['cpu_throttled_pct']),
    received: figure(value['rx_bytes_per_sec']),
    sent: figure(value['tx_bytes_per_sec']),
    read: figure(value['disk_read_bytes_per_sec']),
    written: figure(value['disk_write_bytes_per_sec']),
    cache: figure(value['mem_cache_bytes']),
    pids: figure(value['pids']),
    attrs: value['attrs'],
  };
}

/** What `--expose` shows, as text. */
export function attributes(attrs: unknown): (readonly [string, string])[] {
  if (!isObject(attrs)) return [];
  const entries = Object.entries(attrs).slice(0, MOST_ATTRS);
  return entries.map(([name, value]) => [name.slice(0, 64), asText(value).slice(0, LONGEST_ATTR)]);
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number'))
    return value.slice(0, 100).join(', ');
  try {
    return JSON.stringify(value);
  } catch {
    // Nested so deep that it cannot be written.
    return '…';
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function figure(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : NaN;
}

function words(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}

/** `Date.parse` knows no more than milliseconds, and that is enough. */
function time(value: unknown): number {
  return typeof value === 'string' && value.length <= 40 ? Date.parse(value) : NaN;
}
