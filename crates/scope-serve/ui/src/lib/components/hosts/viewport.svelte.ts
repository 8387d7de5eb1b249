// What can be seen of the board: cards ask it which of their rows that concerns.
import { createContext } from 'svelte';

export class Viewport {
  element = $state.raw<HTMLElement | undefined>();
  /** Counts scrolls and changes of size, at most once a frame. */
  version = $state(0);
  #planned = false;

  changed = () => {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.version += 1;
    });
  };
}

export const [viewport, setViewport] = createContext<Viewport>();
