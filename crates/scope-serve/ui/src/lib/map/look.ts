// The theme's colours for the engine, read from the page's tokens and written as `#rrggbb`: canvases and files of any age understand that.
import { KINDS } from './kinds';
import type { Look } from './protocol';

export function readLook(element: HTMLElement): Look {
  const style = getComputedStyle(element);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const colour = (name: string): string => {
    const written = style.getPropertyValue(`--${name}`).trim();
    if (!context || !written) return '#888888';
    context.fillStyle = '#000';
    context.fillStyle = written;
    context.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data;
    return `#${[r, g, b].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  };
  const kinds = KINDS.map((kind) => colour(`kind-${kind === 'internet' ? 'other' : kind}`));
  return {
    background: colour('background'),
    surface: colour('surface'),
    raised: colour('raised'),
    foreground: colour('foreground'),
    muted: colour('muted'),
    border: colour('border'),
    ring: colour('ring'),
    accent: colour('accent'),
    selected: colour('selected'),
    area: colour('area'),
    edge: colour('edge'),
    health: [colour('unknown'), colour('healthy'), colour('warning'), colour('critical')],
    kinds,
    font: style.getPropertyValue('--font-sans').trim() || 'system-ui, sans-serif',
    contrast: element.dataset['theme'] === 'contrast',
  };
}
