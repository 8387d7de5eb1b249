// The colours of canvases, as the theme has them.
import { widths, type Widths } from '#lib/hosts/columns';
import { ready, type Ink } from '#lib/hosts/paint';
import { theme } from '#lib/state/theme.svelte';

export interface ChartInk extends Ink {
  grid: string;
  background: string;
}

let worn: string | undefined;
let colours: ChartInk | undefined;

/** The colours of the theme that the page wears: call it in effects. Read once for each theme, as reading makes the browser work out its styles at once. */
export function ink(): ChartInk {
  void theme.shown;
  // The page is dressed after the first effects ran.
  const wears = document.documentElement.dataset['theme'];
  if (!colours || wears !== worn) colours = read();
  worn = wears;
  return colours;
}

function read(): ChartInk {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    cpu: of('--accent'),
    memory: of('--kind-process'),
    track: of('--selected'),
    used: of('--unknown'),
    warning: of('--warning'),
    critical: of('--critical'),
    foreground: of('--foreground'),
    text: of('--muted'),
    font: `13px ${getComputedStyle(document.body).fontFamily}`,
    grid: of('--border'),
    background: of('--surface'),
  };
}

let room: Widths | undefined;

/** What the columns of figures need, in the font that they are drawn in. */
export function figureWidths(): Widths {
  if (room) return room;
  const context = document.createElement('canvas').getContext('2d');
  if (context) context.font = ink().font;
  return (room = widths((text) => context?.measureText(text).width ?? text.length * 8));
}

/** A canvas of the page itself, as large as its box, and its context ready for CSS pixels, empty. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  return ready(canvas, width, height, devicePixelRatio || 1) as CanvasRenderingContext2D | null;
}
