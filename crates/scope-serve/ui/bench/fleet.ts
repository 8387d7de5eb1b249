// Fleets of some size on a server, posted once and then at rest: what moves in a bench, the bench moves.
import { Fleet } from '../tests/fleet';
import { Server } from '../tests/server';

const AN_HOUR = 3_600_000;
const PER_HOST = 100;

/** A server with so many containers, and nothing that moves. */
export async function resting(containers: number): Promise<{ server: Server; fleet: Fleet }> {
  const server = await Server.start('--no-collect');
  const perHost = Math.min(PER_HOST, containers);
  const fleet = new Fleet(Math.ceil(containers / perHost), perHost, AN_HOUR);
  await fleet.report(server);
  return { server, fleet };
}
