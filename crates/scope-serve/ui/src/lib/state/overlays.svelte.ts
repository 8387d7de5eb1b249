// Which of the app's own dialogs is open: one at a time.
import { EarlyKeys } from '../keys/early';

export type Overlay = 'palette' | 'keys' | 'why' | 'filter-help' | 'access';

class Overlays {
  shown = $state<Overlay | undefined>();
  /** What was typed for a dialog that was asked for and is not there yet. */
  readonly early = new EarlyKeys();
  /** The name that "why is it not here?" begins with. */
  why = $state('');
  /** It is asked for already: whoever came from a search has written it. */
  whyAsked = $state(false);

  open(which: Overlay) {
    this.early.clear();
    this.shown = which;
  }

  askWhy(name: string) {
    this.why = name;
    this.whyAsked = true;
    this.open('why');
  }

  close() {
    this.shown = undefined;
  }
}

export const overlays = new Overlays();
