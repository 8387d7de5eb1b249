// A real agent of one test: `scope collect --listen` on this machine's Docker.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const BINARY = process.env['SCOPE_BIN'] ?? 'scope';

export class LiveAgent {
  #process: ChildProcess | undefined;
  port = 0;

  constructor(
    readonly name: string,
    readonly flags: string[] = [],
  ) {}

  get url() {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** Starts it (again), on the same port. */
  async begin(): Promise<void> {
    const args = ['collect', '--listen', `127.0.0.1:${this.port}`, '--agent', this.name, ...this.flags];
    const child = spawn(BINARY, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    let words = '';
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the agent did not start: ${words}`)), 30_000);
      child.once('exit', (code) => reject(new Error(`the agent ended with ${code}: ${words}`)));
      createInterface({ input: child.stderr }).on('line', (line) => {
        words += `${line}\n`;
        const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port === undefined) return;
        this.port = Number(port);
        clearTimeout(late);
        resolve();
      });
    });
  }

  async end(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
