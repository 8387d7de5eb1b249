// A server of one test: the command itself, on a port and with a directory of its own, ended with the test. What it holds is in fleet.ts or comes from Docker.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BINARY = process.env['SCOPE_BIN'] ?? 'scope';

export class Server {
  #process: ChildProcess | undefined;
  #data = mkdtempSync(join(tmpdir(), 'scope-page-'));
  #port = 0;
  url = '';
  /** A token with the role admin. */
  token = '';
  /** Signs in once. */
  code = '';

  /** `--insecure` listens where others reach it, and so wants credentials of everybody. */
  readonly #address: string;

  private constructor(readonly flags: string[]) {
    this.#address = flags.includes('--insecure') ? '0.0.0.0' : '127.0.0.1';
  }

  /** Starts one. `--no-collect` leaves it empty but for what is posted. */
  static async start(...flags: string[]): Promise<Server> {
    const server = new Server(flags);
    await server.begin();
    return server;
  }

  /** Starts it (again), on the same port and with the same directory. */
  async begin(): Promise<void> {
    const args = ['serve', '--bind', `${this.#address}:${this.#port}`, '--data-dir', this.#data, ...this.flags];
    const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    let words = '';
    child.stderr.on('data', (some: Buffer) => (words = (words + some.toString()).slice(-4000)));
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the server did not start: ${words}`)), 30_000);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${words}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#said(line);
        // The first start tells secrets after the address, later ones have none to tell.
        if (this.url && (this.token || !line.startsWith('sign in'))) {
          clearTimeout(late);
          if (this.token) resolve();
        }
      });
    });
  }

  #said(line: string) {
    const [, url] = /scope is at (\S+)/.exec(line) ?? [];
    if (url) {
      this.url = url.replace(/\/$/, '').replace('0.0.0.0', '127.0.0.1');
      this.#port = Number(new URL(url).port);
    }
    const [, code] = /#(scope_code_\S+)/.exec(line) ?? [];
    if (code) this.code = code;
    const [, token] = /(scope_admin_\S+)/.exec(line) ?? [];
    if (token) this.token = token;
  }

  /** Ends it, and leaves what it keeps for the next `begin`. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    child.removeAllListeners('exit');
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(hard);
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }

  /** Posts records. */
  async post(records: object[]): Promise<void> {
    const answer = await fetch(`${this.url}/api/v1/records`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/x-ndjson' },
      body: records.map((record) => JSON.stringify(record)).join('\n'),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`posting records: ${answer.status} ${text}`);
    const taken = JSON.parse(text) as { errors: string[] };
    if (taken.errors.length > 0) throw new Error(`posting records: ${taken.errors[0]}`);
  }
}
