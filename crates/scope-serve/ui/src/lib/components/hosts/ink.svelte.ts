// The colours of canvases, as the theme has them.
import type { Ink } from '#lib/hosts/sparks';
import { theme } from '#lib/state/theme.svelte';

export interface ChartInk extends Ink {
  text: string;
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
    text: of('--muted'),
    grid: of('--border'),
    background: of('--surface'),
  };
}

/** Makes a canvas as large as its box, and its context ready for CSS pixels, empty. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}
