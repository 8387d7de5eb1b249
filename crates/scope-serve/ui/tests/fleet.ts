// A fleet that is made up, posted to a server as agents' records: a shop in containers on some hosts, with connections, figures that move, and things that are
// wrong. Deterministic but for the time.
import { createHash, randomUUID } from 'node:crypto';
import type { Server } from './server';

/** What a stranger may call a container: markup, quotes, a terminal's escape, letters that turn the direction of writing. */
export const HOSTILE = '<img src=x onerror=alert(1)> "q\' \u001b[31m\u202e\u200b&amp; hostile';

const SERVICES: readonly (readonly [service: string, image: string, project: string, uses: string[]])[] = [
  ['web', 'nginx:1.27', 'shop', ['api', 'cart']],
  ['api', 'shop/api:4.2', 'shop', ['db', 'cache', 'auth', 'queue']],
  ['cart', 'shop/cart:1.9', 'shop', ['cache', 'db']],
  ['db', 'postgres:16', 'shop', []],
  ['cache', 'redis:7', 'shop', []],
  ['auth', 'acme/auth:2.0', 'identity', ['directory']],
  ['directory', 'openldap:2.6', 'identity', []],
  ['grafana', 'grafana/grafana:11', 'observability', ['prometheus']],
  ['prometheus', 'prom/prometheus:v3', 'observability', ['api', 'cart', 'db']],
  ['queue', 'nats:2', 'events', []],
  ['worker', 'acme/worker:7', 'events', ['queue', 'db']],
  ['batch', 'acme/batch:3', 'nightly', ['db']],
];

interface Made {
  host: number;
  service: string;
  image: string;
  project: string;
  uses: string[];
  id: string;
  name: string;
  address: string;
  state: string;
  health: string | undefined;
  restarts: number;
  cpu: number;
  mem: number;
  bytes: number;
}

/** Numbers that look random and are the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export class Fleet {
  readonly containers: Made[] = [];
  #random = numbers(7);
  #runs: string[] = [];
  #seq = 0;
  #since = new Date(Date.now() - 3_600_000).toISOString();

  /** @param interval what agents say they report by, in milliseconds: the server forgets those that are silent for three of them. */
  constructor(
    readonly hosts: number,
    readonly perHost: number,
    readonly interval = 5000,
  ) {
    for (let host = 0; host < hosts; host++) {
      this.#runs.push(randomUUID());
      for (let at = 0; at < perHost; at++) this.containers.push(this.#container(host, at));
    }
    const last = this.containers.at(-1);
    if (last) last.name = HOSTILE;
  }

  /** One more container on a host. */
  more(host: number) {
    this.containers.push(this.#container(host, this.containers.filter((one) => one.host === host).length));
  }

  #container(host: number, at: number): Made {
    const [service, image, project, uses] = SERVICES[(at + host) % SERVICES.length] ?? SERVICES[0]!;
    const number = host * this.perHost + at;
    return {
      host,
      service,
      image,
      project,
      uses,
      id: `container:${createHash('sha256').update(`${host}/${at}`).digest('hex')}`,
      name: `${project}-${service}-${Math.floor(at / SERVICES.length) + 1}`,
      address: `172.18.${Math.floor(at / 250)}.${(at % 250) + 2}`,
      state: number % 41 === 7 ? 'exited' : number % 53 === 20 ? 'paused' : 'running',
      health: number % 29 === 4 ? 'unhealthy' : number % 3 === 0 ? 'healthy' : undefined,
      restarts: number % 37 === 11 ? 6 : 0,
      cpu: this.#random() ** 5 * 140,
      mem: Math.floor((20 + this.#random() * 900) * 2 ** 20),
      bytes: 0,
    };
  }

  static host(number: number): string {
    return `host-${String(number).padStart(2, '0')}`;
  }

  /** Every host's report of now, or that of one. */
  async report(server: Server, of?: number): Promise<void> {
    this.#seq += 1;
    for (let host = 0; host < this.hosts; host++) if (of === undefined || of === host) await server.post(this.#records(host));
  }

  #records(host: number): object[] {
    const agent = Fleet.host(host);
    const at = new Date().toISOString().replace('Z', '000Z');
    const envelope = (source: string) => ({ agent, run: this.#runs[host], seq: this.#seq, source, at });
    const mine = this.containers.filter((one) => one.host === host);
    const records: object[] = [];
    const counts: Record<string, number> = { host: 1, docker: mine.length, process: 0, net: 0 };
    for (const one of mine) {
      one.cpu = Math.min(150, Math.max(0.05, one.cpu * (0.9 + this.#random() * 0.2)));
      one.mem = Math.floor(one.mem * (0.99 + this.#random() * 0.02));
    }
    const sum = (of: (one: Made) => number) => mine.reduce((total, one) => total + of(one), 0);
    const about = { os: 'Debian GNU/Linux 12', kernel: '6.1.0-28-amd64', arch: 'x86_64', cores: 16, addresses: [`10.0.${host}.5`] };
    const figures = { cpu_pct: sum((one) => one.cpu), mem_bytes: sum((one) => one.mem), mem_total_bytes: 64 * 2 ** 30, load1: 2.5 };
    records.push({ record: 'node', ...envelope('host'), id: `host:${agent}`, kind: 'host', name: agent, attrs: about, metrics: figures });
    for (const one of mine) records.push({ record: 'node', ...envelope('docker'), ...this.#node(one, agent) });
    for (const one of mine.filter((one) => one.state === 'running')) {
      for (const flow of this.#flows(one, mine)) {
        records.push({ record: 'flow', ...envelope('net'), ...flow, since: this.#since.replace('Z', '000Z'), last_seen: at });
        counts['net'] = (counts['net'] ?? 0) + 1;
      }
    }
    const sources = Object.fromEntries(
      Object.entries(counts).map(([source, count]) => [source, { full: true, records: count, took_us: 500, dropped: 0 }]),
    );
    records.push({ record: 'tick', agent, run: this.#runs[host], seq: this.#seq, at, interval_ms: this.interval, sources });
    return records;
  }

  #node(one: Made, agent: string): object {
    const attrs: Record<string, unknown> = {
      state: one.state,
      image: one.image,
      created_at: this.#since.replace('Z', '000Z'),
      started_at: this.#since.replace('Z', '000Z'),
      labels: { app: one.service, team: one.project, note: HOSTILE },
      compose_project: one.project,
      compose_service: one.service,
      command: [one.service, '--config', '/etc/app.yaml'],
      restart_count: one.restarts,
    };
    if (one.state === 'exited') attrs['exit_code'] = 137;
    if (one.health) attrs['health'] = one.health;
    const metrics =
      one.state === 'exited'
        ? {}
        : {
            cpu_pct: one.cpu,
            mem_bytes: one.mem,
            mem_limit_bytes: 2 ** 30,
            rx_bytes_per_sec: one.cpu * 1000,
            mem_cache_bytes: 3 * 2 ** 20,
          };
    const endpoints = [{ at: `net:${one.host}|${one.address}:80/tcp`, since: this.#since.replace('Z', '000Z') }];
    return { id: one.id, kind: 'container', name: one.name, parents: [`host:${agent}`], endpoints, attrs, metrics };
  }

  #flows(one: Made, mine: Made[]): object[] {
    one.bytes += Math.floor(1000 + one.cpu * 500);
    const common = { side: 'client', proto: 'tcp', owner: one.id, open: 2, opened_total: 20 + this.#seq, failed_total: one.restarts };
    const figures = { tx_bytes_total: one.bytes, rx_bytes_total: one.bytes * 3, rtt_us: 300, seen_by: ['sock_diag'] };
    const flows: object[] = one.uses.flatMap((service) =>
      mine
        .filter((other) => other.service === service)
        .slice(0, 2)
        .map((other) => {
          const address = `net:${one.host}|${other.address}:80`;
          return { ...common, ...figures, server_addr: address, dialled: address, server: other.id };
        }),
    );
    if (one.service === 'web') {
      const address = '93.184.216.34:443';
      flows.push({ ...common, ...figures, server_addr: address, dialled: address, server_name: 'payments.example.com' });
    }
    return flows;
  }

  /** Keeps reporting until `stop` is called: every `pace` milliseconds, and not for longer than `most`. */
  run(server: Server, pace = 1000, most = 300_000): () => Promise<void> {
    let ended = false;
    const until = Date.now() + most;
    const loop = (async () => {
      while (!ended && Date.now() < until) {
        // A server that is being started again is posted to later.
        await this.report(server).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, pace));
      }
    })();
    return async () => {
      ended = true;
      await loop;
    };
  }
}
