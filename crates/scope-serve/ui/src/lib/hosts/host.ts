// What is known of one agent's host: its containers with their histories, sums, the agent's own cost, its clock. Takes frames; knows neither sockets nor
// how anything is drawn. Large and not reactive: `version` counts its changes.
import { visible } from '../model/visible';
import { Clock } from './clock';
import type { Figures, Frame } from './frames';
import { KEPT, KEPT_OF_HOST, Ring, blend } from './history';
import { loops, NEVER, startsOf, type Starts } from './loop';
import { nextRank, type SortBy } from './order';

/** The share of a new figure where figures are smoothed: most of it is there after five seconds. */
export const SMOOTH = 0.3;
/** Busy is what uses so much of a core, or moves so many bytes a second. */
const BUSY_CPU = 1;
const BUSY_BYTES = 10_240;

export interface Container extends Figures {
  /** Its name as it is drawn, and in small letters, for search. */
  shown: string;
  lower: string;
  cpuHistory: Ring;
  memoryHistory: Ring;
  smoothCpu: number;
  smoothMemory: number;
  rank: number;
  starts: Starts;
  /** It restarts again and again. */
  loops: boolean;
  /** The batch that it was last in. */
  batch: number;
}

export class Host {
  agent = '';
  agentUptime = NaN;
  agentVersion = '';
  features: readonly string[] = [];
  ownCpu = NaN;
  ownMemory = NaN;
  omitted = 0;
  /** Entries of the last batch that were no containers. */
  faults = 0;
  readonly clock = new Clock();
  readonly containers = new Map<string, Container>();
  readonly cpuHistory = new Ring(KEPT_OF_HOST);
  readonly memoryHistory = new Ring(KEPT_OF_HOST);
  /** When each batch was, in this browser's time. */
  readonly times = new Ring(KEPT_OF_HOST);
  /** Of the last batch; -1 before the first. */
  batch = -1;
  /** When the last batch, and the last frame of any type, arrived: milliseconds of this browser's clock. */
  batchAt = NaN;
  frameAt = NaN;
  /** Containers were last read then, as the last heartbeat says, in this browser's time. */
  polledAt = NaN;
  /** Milliseconds from batch to batch. */
  cadence = 1000;
  cpu = NaN;
  memory = NaN;
  received = NaN;
  sent = NaN;
  version = 0;

  take(frame: Frame, arrivedAt: number, by: SortBy) {
    this.version += 1;
    this.clock.note(frame.sentAt, arrivedAt);
    this.frameAt = arrivedAt;
    this.agent = frame.agent;
    if (frame.type === 'batch') this.#take(frame, arrivedAt, by);
    else if (frame.type === 'heartbeat') this.polledAt = this.clock.here(frame.polledAt);
    else if (frame.type === 'status') {
      this.agentUptime = frame.uptime;
      this.agentVersion = frame.version;
      this.features = frame.features;
    }
  }

  #take(frame: Frame & { type: 'batch' }, arrivedAt: number, by: SortBy) {
    const gap = arrivedAt - this.batchAt;
    if (gap > 0 && gap < 120_000) this.cadence = blend(this.cadence, gap, 0.2);
    const count = (this.batch += 1);
    this.batchAt = arrivedAt;
    this.ownCpu = frame.ownCpu;
    this.ownMemory = frame.ownMemory;
    this.omitted = frame.omitted;
    this.faults = frame.faults;
    for (const figures of frame.containers) this.#update(figures, count, arrivedAt, by);
    for (const [id, container] of this.containers) if (container.batch !== count) this.containers.delete(id);
    this.cpu = sum(frame.containers, 'cpu');
    this.memory = sum(frame.containers, 'memory');
    this.received = sum(frame.containers, 'received');
    this.sent = sum(frame.containers, 'sent');
    this.cpuHistory.set(count, this.cpu);
    this.memoryHistory.set(count, this.memory);
    const said = this.clock.here(frame.sentAt);
    const before = this.times.at(count - 1);
    const now = Number.isNaN(said) ? arrivedAt : said;
    this.times.set(count, now > before || Number.isNaN(before) ? now : before + 1);
  }

  #update(figures: Figures, count: number, at: number, by: SortBy) {
    let container = this.containers.get(figures.id);
    if (!container) {
      container = {
        ...figures,
        ...named(figures.name),
        cpuHistory: new Ring(KEPT),
        memoryHistory: new Ring(KEPT),
        smoothCpu: NaN,
        smoothMemory: NaN,
        rank: NaN,
        starts: NEVER,
        loops: false,
        batch: count,
      };
      this.containers.set(figures.id, container);
    } else {
      container.starts = startsOf(container.starts, container.uptime, figures.uptime, at);
      container.loops = loops(container.starts);
      // Another name makes it another row; figures alone do not.
      if (container.name !== figures.name) this.containers.set(figures.id, (container = { ...container, ...named(figures.name) }));
      Object.assign(container, figures);
    }
    container.batch = count;
    container.cpuHistory.set(count, figures.cpu);
    container.memoryHistory.set(count, figures.memory);
    container.smoothCpu = blend(container.smoothCpu, figures.cpu, SMOOTH);
    container.smoothMemory = blend(container.smoothMemory, figures.memory, SMOOTH);
    container.rank = nextRank(container.rank, sortValue(container, by), by);
  }

  /** Ranks begin anew where another order was chosen. */
  rerank(by: SortBy) {
    for (const container of this.containers.values()) container.rank = nextRank(NaN, sortValue(container, by), by);
  }

  /** Nothing was heard for a while: histories have a gap, rather than a line from then to now. */
  interrupt(at: number) {
    if (this.batch < 0 || Number.isNaN(this.times.at(this.batch)) || Number.isNaN(this.cpuHistory.at(this.batch))) return;
    this.batch += 1;
    this.version += 1;
    this.cpuHistory.set(this.batch, NaN);
    this.memoryHistory.set(this.batch, NaN);
    this.times.set(this.batch, Math.max(at, this.times.at(this.batch - 1) + 1));
    for (const container of this.containers.values()) {
      container.batch = this.batch;
      container.cpuHistory.set(this.batch, NaN);
      container.memoryHistory.set(this.batch, NaN);
    }
  }
}

const named = (name: string) => ({ shown: visible(name), lower: name.toLowerCase() });

export function isBusy(container: Container): boolean {
  return container.cpu >= BUSY_CPU || network(container) >= BUSY_BYTES || container.read + container.written >= BUSY_BYTES;
}

/** Both ways together; NaN where the agent does not read it. */
export function network(container: Figures): number {
  if (Number.isNaN(container.received)) return container.sent;
  return Number.isNaN(container.sent) ? container.received : container.received + container.sent;
}

/** What is used of a limit, as a share; NaN where either is not known. */
export function share(used: number, limit: number): number {
  return limit > 0 ? used / limit : NaN;
}

/** The order goes by what is smoothed: half a second's peak moves nothing. */
function sortValue(container: Container, by: SortBy): number {
  switch (by) {
    case 'cpu':
      return container.smoothCpu;
    case 'memory':
      return container.smoothMemory;
    case 'network':
      return network(container);
    case 'uptime':
      return container.uptime;
    case 'name':
      return 0;
  }
}

/** Of what is known; NaN where nothing is, 0 of nothing. */
function sum(all: readonly Figures[], of: 'cpu' | 'memory' | 'received' | 'sent'): number {
  let total = all.length === 0 ? 0 : NaN;
  for (const each of all) {
    const value = each[of];
    if (!Number.isNaN(value)) total = (Number.isNaN(total) ? 0 : total) + value;
  }
  return total;
}
