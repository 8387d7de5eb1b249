// What the screens show: servers with fleets of several sizes, with things of every kind, with nothing, with locks; agents that run and that are dead. Each is
// made when a screen first wants it.
import { FakeAgent } from '../tests/fake-agents.mjs';
import { files } from '../tests/files';
import { Fleet } from '../tests/fleet';
import { Server } from '../tests/server';
import { Cluster } from './cluster';

export interface World {
  url: string;
  server?: Server;
  /** What the server is told of, where it can change. */
  cluster?: Cluster;
  /** Somebody who sees a part only. */
  viewer?: { id: string; token: string };
  /** Addresses of live agents. */
  agents: string[];
}

const AN_HOUR = 3_600_000;
const made = new Map<string, Promise<World>>();
const endings: (() => Promise<unknown>)[] = [];

/** `pace` in milliseconds between reports; a fleet without one reports once and rests. */
async function fleet(hosts: number, perHost: number, pace?: number, lastName?: string): Promise<World> {
  const server = await Server.start('--no-collect');
  endings.push(() => server.end());
  const all = new Fleet(hosts, perHost, pace === undefined ? AN_HOUR : 5000);
  const last = all.containers.at(-1);
  if (last && lastName) last.name = lastName;
  await all.report(server);
  if (pace !== undefined) endings.unshift(all.run(server, pace, AN_HOUR));
  return { url: server.url, server, agents: [] };
}

async function plain(...flags: string[]): Promise<World> {
  const server = await Server.start(...flags);
  endings.push(() => server.end());
  return { url: server.url, server, agents: [] };
}

async function clustered(...flags: string[]): Promise<World> {
  const world = await plain(...flags);
  const cluster = new Cluster();
  await cluster.report(world.server!);
  endings.unshift(cluster.run(world.server!));
  return { ...world, cluster };
}

const SEEN = 'name:web or name:worker';

/** The next look has somebody to look as. */
export async function anotherViewer(world: World) {
  if (world.server) world.viewer = await viewer(world.server, SEEN);
}

async function viewer(server: Server, filter: string): Promise<NonNullable<World['viewer']>> {
  const answer = await fetch(`${server.url}/api/v1/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'web-team', role: 'viewer', filter }),
  });
  const { id, secret } = (await answer.json()) as { id: string; secret: string };
  return { id, token: secret };
}

async function hosts(...agents: ConstructorParameters<typeof FakeAgent>[0][]): Promise<World> {
  const site = await files('/');
  const all = agents.map((each, at) => new FakeAgent({ seed: at * 7919 + 1, ...each }));
  endings.push(site.end, ...all.map((agent) => () => agent.close()));
  return { url: site.url, agents: await Promise.all(all.map((agent) => agent.listen())) };
}

const WORLDS = {
  nothing: () => plain('--no-collect'),
  5: () => fleet(1, 5, 1000),
  50: () => fleet(2, 25, 1000),
  1000: () => fleet(20, 50),
  10000: () => fleet(100, 100),
  /** What README and manual show: no names that are there to do harm. */
  shop: () => fleet(3, 12, 1000, 'shop-batch-1'),
  shops: () => fleet(20, 50, 2000, 'shop-batch-1'),
  /** A cluster with pods, images, processes, and agents that do not see everything. */
  kinds: () => clustered('--no-collect'),
  guarded: async () => {
    const world = await clustered('--no-collect', '--insecure');
    return { ...world, viewer: await viewer(world.server!, SEEN) };
  },
  locked: () => plain('--no-collect', '--insecure'),
  real: () => plain(),
  tls: () => plain('--no-collect', '--tls-self-signed'),
  'no agent': () => hosts(),
  'an agent': () => hosts({ name: 'north', containers: 7 }),
  'three agents': () => hosts({ name: 'north', containers: 12 }, { name: 'south', containers: 5 }, { name: 'west', containers: 40 }),
  'bad agents': () =>
    hosts(
      { name: 'north', containers: 12 },
      ...['skewed', 'idle', 'stale', 'refusing', 'foreign', 'hostile', 'omitted'].map((kind) => ({ kind, name: kind, containers: 6 })),
    ),
} satisfies Record<string, () => Promise<World>>;

export type WorldName = keyof typeof WORLDS;

export function world(name: WorldName): Promise<World> {
  const known = made.get(String(name));
  if (known) return known;
  const begun = WORLDS[name]();
  made.set(String(name), begun);
  return begun;
}

export async function endWorlds() {
  for (const end of endings) await end();
}
