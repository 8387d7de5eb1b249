// Agents that say whatever a test wants: a WebSocket server by hand, one agent a port. As a program: `node fake-agents.mjs FIRST_PORT AGENTS CONTAINERS
// [KIND …]` runs a fleet, whose first agents are of these kinds: hostile, skewed, idle, stale, silent, foreign, flood, huge, omitted.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** @typedef {{ port?: number, name?: string, containers?: number, kind?: string, every?: number, seed?: number }} Options */

export const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(2)</script>',
  '\u202egnp.exe\u202c right to left',
  'line\nbreak and\ttab and \u0007 bell',
  'Z\u0351\u036b\u0343a\u0334\u0316l\u0362\u0321g\u0353\u032do\u031b\u0318 '.repeat(4),
  'a'.repeat(255),
  '{{constructor.constructor("alert(3)")()}}',
  'javascript:alert(4)',
  '\u200b\u2060',
  '__proto__',
];

/** @param {string} text */
function packed(text) {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.alloc(2) : body.length < 65536 ? Buffer.alloc(4) : Buffer.alloc(10);
  head[0] = 0x81;
  if (head.length === 2) head[1] = body.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(body.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, body]);
}

export class FakeAgent {
  /** @type {Set<import('node:stream').Duplex>} */
  clients = new Set();
  sequence = 0;
  /** @type {NodeJS.Timeout[]} */
  timers = [];
  /** @param {Options} [options] */
  constructor({ port = 0, name = 'fake', containers = 3, kind = '', every = 1000, seed = 1 } = {}) {
    this.seed = seed;
    this.options = { port, name, containers, kind, every };
    this.started = Date.now();
    const names = [
      'web',
      'api',
      'worker',
      'postgres',
      'redis',
      'nginx-proxy',
      'billing-service',
      'mailer',
      'search-indexer',
      'kafka-broker',
    ];
    this.load = Array.from({ length: kind === 'idle' ? 0 : containers }, (_, at) => ({
      id: createHash('sha256').update(`${name}/${at}`).digest('hex'),
      name: (kind === 'hostile' && HOSTILE[at]) || `${names[at % names.length]}-${Math.floor(at / names.length) + 1}`,
      cpu: this.random() ** 6 * 180,
      memory: 2 ** (22 + this.random() * 8),
      limit: this.random() < 0.4 ? 512 * 2 ** 20 : 32 * 2 ** 30,
      cpuLimit: this.random() < 0.3 ? 200 : null,
      started: Date.now() - this.random() ** 4 * 9e9,
    }));
  }

  random() {
    this.seed = (this.seed * 1103515245 + 12345) & 0x7fffffff;
    return this.seed / 0x7fffffff;
  }

  /** @returns {Promise<string>} where it is */
  async listen() {
    const server = createServer((_, response) => response.end('a fake agent\n'));
    this.server = server;
    server.on('upgrade', (request, socket) => {
      if (this.options.kind === 'refusing') return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${MAGIC}`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      this.clients.add(socket);
      socket.on('close', () => this.clients.delete(socket));
      socket.on('error', () => this.clients.delete(socket));
      socket.on('data', () => undefined);
      this.status();
      this.beat();
    });
    await new Promise((resolve) => server.listen(this.options.port, '127.0.0.1', () => resolve(undefined)));
    const port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
    this.options.port = port;
    this.timers.push(
      setInterval(() => this.beat(), this.options.every),
      setInterval(() => this.heartbeat(), 5000),
    );
    return `ws://127.0.0.1:${port}/`;
  }

  async close() {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    for (const client of this.clients) client.destroy();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
  }

  /** @param {string} text */
  say(text) {
    const frame = packed(text);
    for (const client of this.clients) client.write(frame);
  }

  /** @param {object} frame */
  send(frame) {
    this.sequence += 1;
    const now = Date.now() + (this.options.kind === 'skewed' ? 93_000 : 0);
    this.say(JSON.stringify({ agent_id: this.options.name, sent_at: new Date(now).toISOString(), sequence: this.sequence, ...frame }));
  }

  status() {
    if (this.options.kind === 'silent' || this.options.kind === 'foreign') return;
    this.send({
      type: 'agent_status',
      uptime_secs: Math.floor((Date.now() - this.started) / 1000),
      version: 'v0.1.0',
      features: ['container_stats', 'heartbeat'],
    });
  }

  heartbeat() {
    if (this.options.kind === 'silent' || this.options.kind === 'foreign') return;
    this.send({ type: 'heartbeat', polled_at: new Date().toISOString() });
  }

  beat() {
    const { kind } = this.options;
    if (kind === 'stale' || kind === 'silent') return;
    if (kind === 'foreign') return this.say('{"hello":"I am a chat"}');
    if (kind === 'huge') return this.say('x'.repeat(17 << 20));
    const wrong = [null, 7, { id: 5 }, { id: 'wrong', name: { a: 1 }, cpu_pct: 'NaN', mem_bytes: -5, uptime_secs: 1e400 }];
    const frame = {
      type: 'container_stats_batch',
      containers: [...this.load.map((each, at) => this.figures(each, at)), ...(kind === 'hostile' ? wrong : [])],
      agent_metrics: { cpu_pct: 0.5 + this.random(), mem_bytes: 17_000_000 + Math.floor(this.random() * 1e6) },
      ...(kind === 'omitted' ? { containers_omitted: 1234 } : {}),
    };
    for (let times = kind === 'flood' ? 40 : 1; times > 0; times -= 1) this.send(frame);
  }

  /**
   * @param {FakeAgent['load'][number]} each
   * @param {number} at
   */
  figures(each, at) {
    const wave = 1 + 0.3 * Math.sin(Date.now() / 7000 + at) + (this.random() - 0.5) * 0.3;
    each.memory *= 1 + (this.random() - 0.495) * 0.004;
    const traffic = each.cpu > 1 ? each.cpu * 20_000 * wave : 0;
    return {
      id: each.id,
      name: each.name,
      cpu_pct: Math.max(0, each.cpu * wave),
      mem_bytes: Math.min(each.limit, Math.floor(each.memory)),
      mem_limit_bytes: each.limit,
      uptime_secs: Math.floor((Date.now() - each.started) / 1000),
      ...(each.cpuLimit === null ? {} : { cpu_limit_pct: each.cpuLimit, cpu_throttled_pct: each.cpu > 150 ? 12 : 0 }),
      disk_read_bytes_per_sec: 0,
      disk_write_bytes_per_sec: traffic / 9,
      mem_cache_bytes: Math.floor(each.memory / 5),
      pids: 5 + (at % 17),
      rx_bytes_per_sec: traffic,
      tx_bytes_per_sec: traffic / 3,
    };
  }
}

if (process.argv[1]?.endsWith('fake-agents.mjs')) {
  const [first, agents, containers, ...kinds] = process.argv.slice(2);
  for (let at = 0; at < Number(agents); at += 1) {
    const kind = kinds[at] === '-' ? '' : (kinds[at] ?? '');
    const name = kind ? `${kind}-${at + 1}` : `host-${String.fromCharCode(97 + (at % 26))}${at < 26 ? '' : at}`;
    const agent = new FakeAgent({ port: Number(first) + at, name, containers: Number(containers), kind, seed: at * 7919 + 1 });
    // Agents do not beat at the same moment.
    setTimeout(() => void agent.listen().then((url) => process.stdout.write(`${url}\n`)), at * 271);
  }
}
