// Which of the app's own dialogs is open: one at a time.

export type Overlay = 'palette' | 'keys' | 'why' | 'filter-help' | 'access';

class Overlays {
  shown = $state<Overlay | undefined>();
  /** The name that "why is it not here?" begins with. */
  why = $state('');

  open(which: Overlay) {
    this.shown = which;
  }

  askWhy(name: string) {
    this.why = name;
    this.shown = 'why';
  }

  close() {
    this.shown = undefined;
  }
}

export const overlays = new Overlays();
