// What is under a button is loaded when somebody is about to open it: a first look at the page needs none of it. Until then the button stands alone, and says
// what it will open. No markup.
import { tick } from 'svelte';

interface Trigger {
  'aria-haspopup': 'menu' | 'dialog' | 'listbox';
  'aria-expanded': 'false';
  onpointerenter: () => void;
  onfocus: () => void;
  onclick: (event: Event) => void;
  onkeydown: (event: KeyboardEvent) => void;
}

export class Later<T> {
  /** There once it was opened for the first time. */
  part = $state.raw<T | undefined>();
  /** Where the button is that was pressed, when there was nothing to open: until somebody has seen it. */
  failed = $state.raw<DOMRect | undefined>();
  /** For the button, until `part` takes over. */
  readonly trigger: Trigger;
  #loading: Promise<T> | undefined;

  /** @param open is called when `part` is there, and the button that was pressed has become another. */
  constructor(
    readonly load: () => Promise<T>,
    readonly open: () => void,
    kind: Trigger['aria-haspopup'],
  ) {
    const about = () => void this.#get().catch(() => undefined);
    this.trigger = {
      'aria-haspopup': kind,
      'aria-expanded': 'false',
      onpointerenter: about,
      onfocus: about,
      onclick: (event) => void this.#show(event),
      onkeydown: (event) => {
        if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
        if (kind === 'dialog') return;
        event.preventDefault();
        void this.#show(event);
      },
    };
  }

  #get(): Promise<T> {
    // What could not be loaded is tried again.
    this.#loading ??= this.load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  seen = () => (this.failed = undefined);

  async #show({ currentTarget: button }: Event) {
    this.failed = undefined;
    try {
      this.part = await this.#get();
    } catch {
      if (button instanceof Element) this.failed = button.getBoundingClientRect();
      return;
    }
    await tick();
    this.open();
  }
}
