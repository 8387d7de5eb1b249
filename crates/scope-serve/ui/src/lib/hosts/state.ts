// What state an agent is in, from its socket and from what was heard of it: one place, so that card, summary and tests agree. No words.
import type { Host } from './host';
import type { Socket } from './link';

/** A batch is late after so many of its own intervals, and never before so many milliseconds. */
const INTERVALS = 3;
const PATIENCE = 5000;
/** An agent says its status at once. Whoever says nothing that can be read for so long is none. */
const GREETING = 8000;

export type State =
  | { is: 'connecting' }
  | { is: 'live' }
  /** `why`: the agent lives and reads no containers; it says nothing at all; it says what cannot be read. */
  | { is: 'stale'; why: 'engine' | 'silent' | 'foreign' }
  | { is: 'disconnected' };

export function stateOf(socket: Socket, host: Host, now: number): State {
  if (socket.phase === 'waiting' || socket.phase === 'blocked' || socket.phase === 'ended') return { is: 'disconnected' };
  if (socket.phase === 'connecting') return { is: 'connecting' };
  const late = Math.max(PATIENCE, INTERVALS * host.cadence);
  const since = socket.since;
  // Frames from before this connection say nothing about it.
  if (!(host.frameAt >= since))
    return now - since < GREETING ? { is: 'connecting' } : { is: 'stale', why: socket.unread > 0 ? 'foreign' : 'silent' };
  if (host.batchAt >= since && now - host.batchAt <= late) return { is: 'live' };
  if (!(host.batchAt >= since) && now - since < GREETING) return { is: 'connecting' };
  return { is: 'stale', why: now - host.frameAt <= 2 * late ? 'engine' : 'silent' };
}
