// Chords of keys as text (`g`, `?`, `Space`, `Ctrl+k`), and whether an event is one. No registry, no document.

export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const LETTER = /^\p{L}$/u;

/** `Ctrl` is Command where there is such a key. Shift counts with letters and named keys; signs such as `?` need it on some keyboards and not on others. */
export function matches(chord: string, event: Pressed): boolean {
  const parts = partsOf(chord);
  const key = parts.pop() ?? '';
  const control = parts.includes('Ctrl');
  if (control !== (event.ctrlKey || event.metaKey)) return false;
  // AltGr is Ctrl and Alt at once on some systems, and how signs are written there.
  if (event.altKey && !parts.includes('Alt') && (LETTER.test(key) || key.length > 1)) return false;
  const pressed = event.key === ' ' ? 'Space' : event.key;
  if (LETTER.test(key) || key.length > 1) {
    return pressed.toLowerCase() === key.toLowerCase() && event.shiftKey === parts.includes('Shift');
  }
  return pressed === key;
}

/** A chord as people read it. */
export function written(chord: string): string {
  return partsOf(chord)
    .map((part) => NAMES[part] ?? part)
    .join(' ');
}

/** Plus alone is a key, not what stands between two. */
const partsOf = (chord: string): string[] => (chord === '+' ? ['+'] : chord.split('+'));

const NAMES: Readonly<Record<string, string>> = { Escape: 'Esc', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };
