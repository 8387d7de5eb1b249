// The time, for ages and countdowns on the page: one clock that ticks once a second while something reads it.
import { createSubscriber } from 'svelte/reactivity';

class Now {
  #tick = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  /** Milliseconds, read anew each second. */
  get ms(): number {
    this.#tick();
    return Date.now();
  }
}

export const now = new Now();
