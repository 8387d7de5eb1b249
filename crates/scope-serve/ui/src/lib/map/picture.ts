// One picture of the map, from the ground up, on whatever is drawn on: the screen, a file of pixels, a file of SVG.
import type { Colouring } from '../model/place';
import type { Bounds } from './camera';
import type { Clusters } from './clusters';
import type { Apart, Curves } from './curves';
import { drawBlocks } from './draw-blocks';
import { drawFrames, drawTitles } from './draw-clusters';
import { drawLinks } from './draw-links';
import { drawNodes } from './draw-nodes';
import type { Drawn } from './drawn';
import type { Labels } from './labels';
import type { Pen } from './pen';
import type { Look } from './protocol';
import type { Scene } from './scene';

/** What there is to draw. */
export interface Model {
  scene: Scene;
  clusters: Clusters;
  drawn: Drawn;
  curves: Curves;
  labels: Labels;
  look: Look;
  colouring: Colouring;
  /** Whether frames are drawn around clusters: not where an arrangement mixes their members. */
  framed: boolean;
  /** What is lit while all else is dim; all is lit where there is none. */
  lit: { nodes: ReadonlySet<number>; links: ReadonlySet<number> } | undefined;
  /** What of it stands somewhere else than it belongs, over what is dim: what is dim hides none of its links. */
  apart: Apart | undefined;
  /** Writes the pinned figure. */
  say: (value: number) => string;
}

/** How units of the map become pixels, and the part of the picture that is drawn. */
export interface Port {
  scale: number;
  offsetX: number;
  offsetY: number;
  width: number;
  height: number;
  /** In units of the map. */
  bounds: Bounds;
}

export function paint(pen: Pen, port: Port, model: Model) {
  pen.globalAlpha = 1;
  pen.setLineDash([]);
  pen.textBaseline = 'middle';
  pen.textAlign = 'left';
  model.labels.begin(port.width, port.height);
  drawFrames(pen, port, model);
  drawLinks(pen, port, model);
  drawBlocks(pen, port, model);
  drawTitles(pen, port, model);
  drawNodes(pen, port, model);
}
