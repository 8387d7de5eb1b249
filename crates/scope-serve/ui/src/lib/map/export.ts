// The whole map as a file: SVG, or PNG as large as browsers can make one. Drawn by the same code as the screen.
import type { Bounds } from './camera';
import { Labels } from './labels';
import type { Pen } from './pen';
import { paint, type Model, type Port } from './picture';
import type { Surface } from './protocol';
import { contextOf } from './screen';
import { SvgPen } from './svg-pen';

const MARGIN = 24;
/** Canvases larger than this fail in some browsers. */
const MOST_PX = 8000;

export async function exportMap(
  as: 'svg' | 'png',
  model: Model,
  bounds: Bounds,
  shownScale: number,
  makeSurface: (width: number, height: number) => Surface,
): Promise<Blob> {
  const width = bounds.right - bounds.left + 2 * MARGIN;
  const height = bounds.bottom - bounds.top + 2 * MARGIN;
  // As large as it can be read; a collapsed map as it is shown, as its blocks say more small than large.
  const wanted = Math.max(shownScale, model.drawn.shown > 0 && !model.clusters.collapsed.includes(1) ? 1 : Math.min(1, 3000 / width));
  const scale = as === 'png' ? Math.min(wanted, MOST_PX / 2 / width, MOST_PX / 2 / height) : wanted;
  const own: Model = { ...model, labels: new Labels() };
  const port: Port = {
    scale,
    offsetX: (MARGIN - bounds.left) * scale,
    offsetY: (MARGIN - bounds.top) * scale,
    width: width * scale,
    height: height * scale,
    bounds: { left: bounds.left - MARGIN, top: bounds.top - MARGIN, right: bounds.right + MARGIN, bottom: bounds.bottom + MARGIN },
  };
  if (as === 'svg') {
    const pen = new SvgPen(port.width, port.height, contextOf(makeSurface(1, 1), true) as Pen);
    pen.fillStyle = model.look.background;
    pen.fillRect(0, 0, port.width, port.height);
    paint(pen, port, own);
    return new Blob([pen.toString()], { type: 'image/svg+xml' });
  }
  const ratio = 2;
  const surface = makeSurface(Math.ceil(port.width * ratio), Math.ceil(port.height * ratio));
  const pen = contextOf(surface, false);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = model.look.background;
  pen.fillRect(0, 0, port.width, port.height);
  paint(pen as Pen, port, own);
  if ('convertToBlob' in surface) return surface.convertToBlob({ type: 'image/png' });
  return new Promise((resolve, reject) =>
    (surface as HTMLCanvasElement).toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture could be made'))), 'image/png'),
  );
}
