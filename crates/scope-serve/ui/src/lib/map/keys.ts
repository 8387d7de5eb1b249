// What keys mean while the map has the focus. A pure function of the key.
import type { Direction } from './protocol';

export type Command =
  | { do: 'walk'; to: Direction }
  | { do: 'pan'; dx: number; dy: number }
  | { do: 'zoom'; by: number }
  | { do: 'fit' | 'open' | 'back' | 'focus' | 'arrangement' | 'hide' | 'fold' | 'colour' };

const WAYS: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };
const STEP = 80;

interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Nothing where the key is not the map's. */
export function commandOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Key): Command | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  const to = WAYS[key];
  if (to) {
    if (!shiftKey) return { do: 'walk', to };
    return { do: 'pan', dx: to === 'left' ? STEP : to === 'right' ? -STEP : 0, dy: to === 'up' ? STEP : to === 'down' ? -STEP : 0 };
  }
  switch (key) {
    case '+':
    case '=':
      return { do: 'zoom', by: 1.3 };
    case '-':
    case '_':
      return { do: 'zoom', by: 1 / 1.3 };
    case '0':
      return { do: 'fit' };
    case 'Enter':
      return { do: 'open' };
    case 'Escape':
      return { do: 'back' };
    case 'n':
      return { do: 'focus' };
    case 'l':
      return { do: 'arrangement' };
    case 'h':
      return { do: 'hide' };
    case 'u':
      return { do: 'fold' };
    case 'c':
      return { do: 'colour' };
    default:
      return undefined;
  }
}
