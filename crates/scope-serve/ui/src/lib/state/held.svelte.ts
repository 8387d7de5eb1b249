// A list that the server holds and an administrator changes: read when it is first looked at, and again after each change.
import { ask } from '../api/client';

export class Held<T> {
  items = $state.raw<readonly T[] | undefined>();
  error = $state('');
  busy = $state(false);

  /** @param read takes the list out of the answer. */
  constructor(
    readonly path: string,
    readonly read: (answer: never) => readonly T[],
  ) {
    void this.load();
  }

  load = () => this.#try(async () => (this.items = this.read(await ask<never>(this.path))));

  /** Makes one, and yields what the server says of it this once. */
  async make<M>(json: unknown): Promise<M | undefined> {
    let made: M | undefined;
    await this.#try(async () => {
      made = await ask<M>(this.path, {}, { method: 'POST', json });
      this.items = this.read(await ask<never>(this.path));
    });
    return made;
  }

  remove = (id: string) =>
    this.#try(async () => {
      await ask(`${this.path}/${encodeURIComponent(id)}`, {}, { method: 'DELETE' });
      this.items = this.read(await ask<never>(this.path));
    });

  async #try(what: () => Promise<unknown>) {
    this.busy = true;
    this.error = '';
    try {
      await what();
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
  }
}
