// Two machines of a cluster, made up: things of every kind that records can say, each with all that is known of such a thing, and agents that miss some of it.
import { createHash, randomUUID } from 'node:crypto';
import type { Server } from '../tests/server';

const id = (kind: string, of: string) => `${kind}:${createHash('sha256').update(of).digest('hex')}`;
const MIB = 2 ** 20;

interface Part {
  name: string;
  image: string;
  uses: string[];
  cpu: number;
  mem: number;
  state?: string;
  health?: string;
  restarts?: number;
  exit?: number;
}

const PARTS: Part[] = [
  { name: 'web', image: 'nginx:1.27.3-alpine', uses: ['api'], cpu: 14, mem: 48 },
  { name: 'api', image: 'registry.example.org/shop/api:4.2.1', uses: ['db', 'cache', 'queue'], cpu: 62, mem: 410, health: 'healthy' },
  { name: 'db', image: 'postgres:16.4', uses: [], cpu: 31, mem: 980, health: 'healthy' },
  { name: 'cache', image: 'redis:7.4', uses: [], cpu: 4, mem: 96 },
  { name: 'queue', image: 'nats:2.10', uses: [], cpu: 2, mem: 38 },
  { name: 'worker', image: 'registry.example.org/shop/worker:4.2.1', uses: ['queue', 'db'], cpu: 88, mem: 500, restarts: 6 },
  { name: 'mailer', image: 'registry.example.org/shop/mailer:2.0.0', uses: ['queue'], cpu: 1, mem: 60, health: 'unhealthy' },
  { name: 'migrate', image: 'registry.example.org/shop/api:4.2.1', uses: [], cpu: 0, mem: 0, state: 'exited', exit: 137 },
  { name: 'debug-shell', image: 'busybox:1.36', uses: [], cpu: 0, mem: 2, state: 'paused' },
];

export class Cluster {
  #seq = 0;
  #runs = [randomUUID(), randomUUID(), randomUUID()];
  #since = new Date(Date.now() - 5 * 3_600_000).toISOString().replace('Z', '000Z');
  #sent = 0;
  /** What ended while somebody looked at it. */
  ended = new Set<string>();

  static container = (name: string) => id('container', `alpha/${name}`);
  static image = (image: string) => id('image', image);
  static pod = (name: string) => `pod:shop:${name}-7c9d8f`;
  static process = (at: number) => `process:alpha:${1200 + at * 7}:${88_0012 + at}`;

  async report(server: Server): Promise<void> {
    this.#seq += 1;
    for (const host of ['alpha', 'beta']) await server.post(this.#records(host));
    // Heard once, and then never again.
    if (this.#seq === 1) await server.post(this.#records('gamma'));
  }

  #records(host: string): object[] {
    const at = new Date().toISOString().replace('Z', '000Z');
    const run = this.#runs[['alpha', 'beta', 'gamma'].indexOf(host)];
    const counts: Record<string, number> = {};
    const records: object[] = [];
    const say = (source: string, record: object) => {
      counts[source] = (counts[source] ?? 0) + 1;
      records.push({ record: 'node', agent: host, run, seq: this.#seq, source, at, ...record });
    };
    say('host', this.#host(host));
    if (host === 'alpha') this.#alpha(say, host);
    else {
      const problem = {
        record: 'problem',
        agent: host,
        run,
        seq: this.#seq,
        at,
        source: 'net',
        message: 'network namespaces of containers cannot be entered: only connections of the host itself are seen',
        hint: "run as root or with CAP_SYS_ADMIN and CAP_SYS_PTRACE, in the host's pid namespace",
      };
      records.push(problem);
    }
    const flows = host === 'alpha' ? PARTS.flatMap((part, place) => this.#flows(part, place)) : [];
    for (const flow of flows) records.push({ record: 'flow', agent: host, run, seq: this.#seq, source: 'net', at, ...flow, last_seen: at });
    counts['net'] = flows.length;
    const sources = Object.fromEntries(
      Object.entries(counts).map(([source, count]) => [source, { full: true, records: count, took_us: 840, dropped: 0 }]),
    );
    records.push({ record: 'tick', agent: host, run, seq: this.#seq, at, interval_ms: 2000, sources });
    return records;
  }

  #host(host: string): object {
    const load = 2.4 + Math.sin(this.#seq / 5);
    return {
      id: `host:${host}`,
      kind: 'host',
      name: host,
      attrs: {
        os: 'Debian GNU/Linux 12 (bookworm)',
        kernel: '6.1.0-28-amd64',
        arch: 'x86_64',
        cores: 16,
        addresses: [`10.0.${host.length}.5`, `fd00::${host.length}:5`],
        boot_at: this.#since,
        disks: [{ mount: '/', name: 'nvme0n1p2', bytes: 212 * 2 ** 30, total_bytes: 460 * 2 ** 30 }],
      },
      metrics: {
        cpu_pct: 240 + 60 * Math.sin(this.#seq / 7),
        mem_bytes: 21 * 2 ** 30,
        mem_total_bytes: 64 * 2 ** 30,
        load1: load,
        load5: 2.2,
        load15: 1.9,
        rx_bytes_per_sec: 3.1e6 * load,
        tx_bytes_per_sec: 1.4e6 * load,
      },
    };
  }

  #alpha(say: (source: string, record: object) => void, host: string) {
    const parts = PARTS.filter((part) => !this.ended.has(part.name));
    for (const image of new Set(parts.map((part) => part.image))) {
      const attrs = { created_at: this.#since, size_bytes: (image.length * 7 + 40) * MIB, tags: [image, image.replace(/:.*/, ':latest')] };
      say('docker', { id: Cluster.image(image), kind: 'image', name: image, attrs });
    }
    parts.forEach((part, at) => {
      const running = (part.state ?? 'running') === 'running';
      const pod = ['web', 'api', 'worker'].includes(part.name);
      if (pod) say('docker', this.#pod(part.name, host));
      say('docker', this.#container(part, at, pod, host));
      if (running) {
        say('process', this.#process(part, at, host));
        if (part.name === 'db') for (const child of [1, 2, 3]) say('process', this.#process(part, at, host, child));
      }
    });
  }

  #pod(name: string, host: string): object {
    const attrs = {
      namespace: 'shop',
      state: 'running',
      created_at: this.#since,
      labels: { app: name, 'pod-template-hash': '7c9d8f', 'app.kubernetes.io/part-of': 'shop' },
      addresses: ['10.244.1.17'],
    };
    return { id: Cluster.pod(name), kind: 'pod', name: `${name}-7c9d8f`, parents: [`host:${host}`], attrs };
  }

  #container(part: Part, at: number, pod: boolean, host: string): object {
    const wave = 1 + 0.25 * Math.sin(this.#seq / 4 + at);
    const running = (part.state ?? 'running') === 'running';
    const attrs: Record<string, unknown> = {
      state: part.state ?? 'running',
      image: part.image,
      created_at: this.#since,
      started_at: this.#since,
      command: [`/usr/local/bin/${part.name}`, '--config', `/etc/shop/${part.name}.yaml`, '--listen', '0.0.0.0:80'],
      labels: { app: part.name, team: 'checkout', 'org.opencontainers.image.source': 'https://git.example.org/shop' },
      env: ['PATH', 'DATABASE_URL', 'LOG_LEVEL'],
      restart_count: part.restarts ?? 0,
      compose_project: 'shop',
      compose_service: part.name,
      ports: part.name === 'web' ? [{ host_ip: '0.0.0.0', host_port: 443, port: 8443, proto: 'tcp' }] : [],
      mounts: [{ type: 'volume', source: `shop-${part.name}`, target: '/var/lib/data', read_only: false }],
      networks: [{ name: 'shop_default', address: `172.20.0.${at + 2}` }],
    };
    if (part.exit !== undefined) attrs['exit_code'] = part.exit;
    if (part.health) attrs['health'] = part.health;
    const metrics = running
      ? {
          cpu_pct: part.cpu * wave,
          cpu_limit_pct: 100,
          mem_bytes: part.mem * MIB,
          mem_limit_bytes: 512 * MIB * (part.name === 'db' ? 4 : 1),
          pids: 7,
          rx_bytes_per_sec: part.cpu * 9000 * wave,
          tx_bytes_per_sec: part.cpu * 4000 * wave,
          disk_read_bytes_per_sec: part.cpu * 100,
          disk_write_bytes_per_sec: part.cpu * 700,
        }
      : {};
    const parents = [`host:${host}`, Cluster.image(part.image), ...(pod ? [Cluster.pod(part.name)] : [])];
    const endpoints = [{ at: `net:a|172.20.0.${at + 2}:80/tcp`, since: this.#since }];
    return { id: Cluster.container(part.name), kind: 'container', name: `shop-${part.name}-1`, parents, endpoints, attrs, metrics };
  }

  #process(part: Part, at: number, host: string, child = 0): object {
    const attrs = {
      pid: 1200 + at * 7 + child,
      user: 'app',
      command: child
        ? [`${part.name}: client ${child}`, 'idle']
        : [`/usr/local/bin/${part.name}`, '--config', `/etc/shop/${part.name}.yaml`],
      state: 'sleeping',
      cwd: '/srv',
      started_at: this.#since,
    };
    const parents = [child ? Cluster.process(at) : Cluster.container(part.name)];
    const named = child ? `process:${host}:${1200 + at * 7 + child}:${89_0012 + at}` : Cluster.process(at);
    const metrics = { cpu_pct: part.cpu / (child ? 9 : 1), mem_bytes: part.mem * MIB * 0.8, threads: 8, open_files: 31 };
    return { id: named, kind: 'process', name: part.name, parents, attrs, metrics };
  }

  #flows(part: Part, place: number): object[] {
    if ((part.state ?? 'running') !== 'running' || this.ended.has(part.name)) return [];
    this.#sent += 1000 + part.cpu * 300;
    const owner = Cluster.process(place);
    const common = { side: 'client', proto: 'tcp', owner, since: this.#since, seen_by: ['conntrack', 'sock_diag'] };
    const figures = {
      open: 3,
      opened_total: 90 + this.#seq,
      tx_bytes_total: Math.floor(this.#sent),
      rx_bytes_total: Math.floor(this.#sent * 3),
    };
    const flows: object[] = part.uses.map((use) => {
      const other = PARTS.findIndex(({ name }) => name === use);
      const address = `net:a|172.20.0.${other + 2}:80`;
      const failed = use === 'db' && part.name === 'worker' ? 12 : 0;
      const extra = { failed_total: failed, rtt_us: 240, server_name: `${use}.shop.internal` };
      return { ...common, ...figures, ...extra, server_addr: address, dialled: address, server: Cluster.process(other) };
    });
    if (part.name === 'api') {
      const address = '93.184.216.34:443';
      const outside = { server_addr: address, dialled: address, server_name: 'payments.example.com', failed_total: 0, rtt_us: 21_000 };
      flows.push({ ...common, ...figures, ...outside });
    }
    return flows;
  }

  /** Goes on reporting until the ending that it yields is called. */
  run(server: Server): () => Promise<void> {
    let ended = false;
    const loop = (async () => {
      while (!ended) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await this.report(server).catch(() => undefined);
      }
    })();
    return async () => {
      ended = true;
      await loop;
    };
  }
}
