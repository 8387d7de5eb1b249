// The shortcuts that hold at the moment. Whatever has one adds it while it is on the page; `?` lists them all. What they do is not here.
import { matches } from './chord';

/** Where a shortcut belongs in the list. */
export type KeyGroup = 'everywhere' | 'view' | 'map' | 'table' | 'panel';
export const KEY_GROUPS: readonly KeyGroup[] = ['everywhere', 'view', 'map', 'table', 'panel'];

export interface Shortcut {
  /** Chords that all do the same. */
  keys: readonly string[];
  group: KeyGroup;
  label: () => string;
  run: () => void;
  /** Also while somebody writes, and over open dialogs. */
  anywhere?: boolean;
  /** Where it is done by whoever has the focus: listed here only. */
  listed?: boolean;
}

const WRITING = 'input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]:not([contenteditable=false])';
/** What has keys of its own. */
const TAKEN = '[role=menu], [role=listbox], [aria-modal=true]';
/** What Space and Enter press. */
const PRESSED = 'button, a, summary, input, [role=button], [role=checkbox], [role=radio], [role=switch], [role=tab], [role=option]';

class Keys {
  all = $state.raw<readonly Shortcut[]>([]);

  /** Adds shortcuts until the function that it yields is called. What comes later goes before. */
  add(...shortcuts: Shortcut[]): () => void {
    this.all = [...this.all, ...shortcuts];
    return () => (this.all = this.all.filter((one) => !shortcuts.includes(one)));
  }

  handle = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : null;
    const busy = target?.closest(WRITING) || target?.closest(TAKEN) || document.querySelector('[aria-modal=true]');
    const found = this.all.findLast((one) => !one.listed && one.keys.some((chord) => matches(chord, event)));
    if (!found || (busy && !found.anywhere)) return;
    if ((event.key === ' ' || event.key === 'Enter') && target?.closest(PRESSED)) return;
    event.preventDefault();
    found.run();
  };
}

export const keys = new Keys();
