// Real containers of a test, from the image that the test of the suite made (SCOPE_TEST_IMAGE), labelled as its own and removed with the test.
import { execFileSync } from 'node:child_process';

const IMAGE = process.env['SCOPE_TEST_IMAGE'] ?? '';
const LABEL = process.env['SCOPE_TEST_LABEL'] ?? '';
const NAME = process.env['SCOPE_TEST_NAME'] ?? 'scope-page';

export class Containers {
  #made: string[] = [];
  /** Whether there is an image to make them from. */
  static readonly available = IMAGE !== '';

  docker(...args: string[]): string {
    return execFileSync('docker', args, { encoding: 'utf8', timeout: 60_000 }).trim();
  }

  /** The full name of a container that a test calls `name`. */
  name(name: string): string {
    return `${NAME}-${name}`;
  }

  /** Starts one, and yields its id. */
  run(name: string, flags: string[], ...command: string[]): string {
    const common = ['--name', this.name(name), '--label', LABEL, '--stop-timeout', '0'];
    const id = this.docker('run', '-d', ...common, ...flags, IMAGE, ...command);
    this.#made.push(id);
    return id;
  }

  /** Removes one now. */
  remove(id: string) {
    this.docker('rm', '-f', '-v', id);
    this.#made = this.#made.filter((one) => one !== id);
  }

  removeAll() {
    if (this.#made.length > 0) this.docker('rm', '-f', '-v', ...this.#made);
    this.#made = [];
  }
}
