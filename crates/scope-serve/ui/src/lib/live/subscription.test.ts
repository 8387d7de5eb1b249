import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Subscription } from './subscription';

class Socket {
  static all: Socket[] = [];
  binaryType = 'blob';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  constructor(readonly url: URL) {
    Socket.all.push(this);
  }
  close() {
    this.closed = true;
  }
}

const packed = (message: object) => {
  const bytes = deflateRawSync(JSON.stringify(message));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};

describe('a subscription', () => {
  beforeEach(() => {
    Socket.all = [];
    vi.stubGlobal('WebSocket', Socket);
    vi.stubGlobal('location', { href: 'https://scope.example/view/containers' });
    vi.stubGlobal('document', { cookie: '', addEventListener: () => undefined, removeEventListener: () => undefined });
    vi.stubGlobal('removeEventListener', () => undefined);
  });
  afterEach(() => vi.unstubAllGlobals());

  const subscribe = () => {
    const heard: string[] = [];
    const message = ({ type, seq }: { type: string; seq: number }) => heard.push(`${type} ${seq}`);
    const subscription = new Subscription(() => '/api/v1/subscribe', { message, status: () => undefined });
    return { subscription, heard, socket: Socket.all[0] as Socket };
  };

  it('asks for compressed snapshots, and takes what comes while one is unpacked after it', async () => {
    const { subscription, heard, socket } = subscribe();
    expect(String(socket.url)).toBe('wss://scope.example/api/v1/subscribe?encoding=deflate-snapshots');
    socket.onopen?.();
    socket.onmessage?.({ data: packed({ type: 'snapshot', seq: 7, epoch: 1, text: 'a'.repeat(100_000) }) });
    socket.onmessage?.({ data: JSON.stringify({ type: 'figures', seq: 8 }) });
    expect(heard).toEqual([]);
    await vi.waitFor(() => expect(heard).toEqual(['snapshot 7', 'figures 8']));
    // From then on nothing waits.
    await vi.waitFor(() => {
      socket.onmessage?.({ data: JSON.stringify({ type: 'figures', seq: 6 + heard.length + 1 }) });
      expect(heard.length).toBeGreaterThan(2);
    });
    subscription.end();
  });

  it('takes plain snapshots, and asks for no others where nothing can unpack them', () => {
    vi.stubGlobal('DecompressionStream', undefined);
    const { subscription, heard, socket } = subscribe();
    expect(socket.url.search).toBe('');
    socket.onmessage?.({ data: JSON.stringify({ type: 'snapshot', seq: 1, epoch: 1 }) });
    expect(heard).toEqual(['snapshot 1']);
    subscription.end();
  });

  it('begins anew where a snapshot cannot be unpacked', async () => {
    const { subscription, heard, socket } = subscribe();
    socket.onmessage?.({ data: new Uint8Array([1, 2, 3, 4, 5, 6]).buffer });
    await vi.waitFor(() => expect(socket.closed).toBe(true));
    expect(heard).toEqual([]);
    subscription.end();
  });

  it('forgets what was being unpacked when it ends', async () => {
    const { subscription, heard, socket } = subscribe();
    socket.onmessage?.({ data: packed({ type: 'snapshot', seq: 7, epoch: 1 }) });
    subscription.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).toEqual([]);
  });
});
