import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { batch } from './frames.fixture';
import { Host } from './host';
import { Link, PACE } from './link';
import { stateOf } from './state';

/** As much of a browser's WebSocket as a link uses. */
class Fake {
  static readonly CLOSED = 3;
  static all: Fake[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readyState = 0;
  closed = false;

  constructor(readonly url: string) {
    Fake.all.push(this);
  }

  close() {
    this.closed = true;
  }
}

const last = () => Fake.all.at(-1)!;
const link = (url = 'ws://a:8080/', protocol = 'http:') => {
  const texts: string[] = [];
  const made = new Link(url, { text: (text) => texts.push(text) > 0 && text !== 'bad', changed: () => undefined }, PACE, protocol);
  return { link: made, socket: made.socket, texts };
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Fake);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  Fake.all = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('a link', () => {
  it('comes back from five seconds on, less and less often, and at once when asked', () => {
    const { link: made, socket } = link();
    const waits: number[] = [];
    for (let at = 0; at < 6; at += 1) {
      last().onclose?.({ code: 1006, reason: '' });
      waits.push(socket.retryAt - Date.now());
      vi.advanceTimersByTime(waits[at]!);
    }
    expect(waits.map(Math.round)).toEqual([5000, 10_000, 20_000, 40_000, 50_000, 50_000]);
    last().onclose?.({ code: 1006, reason: '' });
    made.retry();
    expect([Fake.all.length, socket.phase]).toEqual([8, 'connecting']);
    last().onclose?.({ code: 1006, reason: '' });
    expect(Math.round(socket.retryAt - Date.now())).toBe(5000);
  });

  it('counts an agent as reached when it said something that can be read', () => {
    const { socket } = link();
    for (const text of ['bad', 'good']) {
      last().onclose?.({ code: 1006, reason: '' });
      vi.advanceTimersByTime(socket.retryAt - Date.now());
      last().onopen?.();
      last().onmessage?.({ data: text });
    }
    expect(socket.attempts).toBe(0);
    last().onclose?.({ code: 1001, reason: 'going' });
    expect([socket.failure, Math.round(socket.retryAt - Date.now())]).toEqual([{ kind: 'closed', code: 1001, reason: 'going' }, 5000]);
  });

  it('does not wait for ever: for an answer, nor for a word', () => {
    const { socket } = link();
    vi.advanceTimersByTime(10_000);
    expect([socket.phase, socket.failure, last().closed]).toEqual(['waiting', { kind: 'timeout' }, true]);
    vi.advanceTimersByTime(5000);
    last().onopen?.();
    vi.advanceTimersByTime(15_000);
    last().onmessage?.({ data: 'x' });
    vi.advanceTimersByTime(19_000);
    expect(socket.phase).toBe('open');
    vi.advanceTimersByTime(1000);
    expect([socket.phase, socket.failure]).toEqual(['waiting', { kind: 'silent' }]);
  });

  it('does not try what browsers forbid', () => {
    const { socket, link: made } = link('ws://a:8080/', 'https:');
    expect([socket.phase, socket.failure, Fake.all.length]).toEqual(['blocked', { kind: 'mixed' }, 0]);
    made.retry();
    expect(Fake.all.length).toBe(0);
  });

  it('throws away what is too much, and what is no text', () => {
    const { socket, texts } = link();
    last().onopen?.();
    last().onmessage?.({ data: new ArrayBuffer(8) });
    for (let at = 0; at < 50; at += 1) last().onmessage?.({ data: 'x' });
    expect([texts.length, socket.dropped, socket.unread]).toEqual([20, 30, 1]);
    vi.advanceTimersByTime(1000);
    last().onmessage?.({ data: 'x' });
    expect(texts.length).toBe(21);
  });

  it('is quiet after its end', () => {
    const { link: made, socket } = link();
    const socketOf = last();
    made.end();
    expect([socket.phase, socketOf.closed, socketOf.onclose]).toEqual(['ended', true, null]);
    vi.advanceTimersByTime(600_000);
    made.retry();
    expect(Fake.all.length).toBe(1);
  });
});

describe('the state of an agent', () => {
  it('goes from connecting to live, stale and back', () => {
    const { socket } = link();
    const host = new Host();
    const is = () => {
      const state = stateOf(socket, host, Date.now());
      return 'why' in state ? `${state.is} ${state.why}` : state.is;
    };
    expect(is()).toBe('connecting');
    last().onopen?.();
    expect(is()).toBe('connecting');
    host.take(batch([], Date.now()), Date.now(), 'cpu');
    expect(is()).toBe('live');
    vi.advanceTimersByTime(6000);
    host.frameAt = Date.now();
    expect(is()).toBe('stale engine');
    vi.advanceTimersByTime(11_000);
    expect(is()).toBe('stale silent');
    host.take(batch([], Date.now()), Date.now(), 'cpu');
    expect(is()).toBe('live');
    last().onclose?.({ code: 1006, reason: '' });
    expect(is()).toBe('disconnected');
  });

  it('is stale where what is heard is no agent', () => {
    const { socket } = link();
    const host = new Host();
    last().onopen?.();
    last().onmessage?.({ data: 'bad' });
    vi.advanceTimersByTime(9000);
    expect(stateOf(socket, host, Date.now())).toEqual({ is: 'stale', why: 'foreign' });
  });

  it('waits as long as an agent that reads every ten seconds needs', () => {
    const { socket } = link();
    const host = new Host();
    last().onopen?.();
    for (let at = 0; at < 30; at += 1) {
      host.take(batch([], Date.now()), Date.now(), 'cpu');
      vi.advanceTimersByTime(10_000);
      last().onmessage?.({ data: 'x' });
    }
    expect(stateOf(socket, host, Date.now())).toEqual({ is: 'live' });
  });
});
