// What the page and the drawing engine tell each other, whether the engine runs in a worker or beside the page. Shapes only.
import type { Arrangement, Camera, Colouring } from '../model/place';

/** Health as it is sent, by place in this list. */
export const HEALTH_CODES = ['unknown', 'healthy', 'warning', 'critical'] as const;
export const UNKNOWN = 0;
export const HEALTHY = 1;
export const WARNING = 2;
export const CRITICAL = 3;

/** Columns of one length. A node that is there already is replaced. */
export interface NodeBatch {
  n: Uint32Array;
  /** Four for each: x, y, width, height of the server; NaN where it has no place. */
  box: Float32Array;
  /** A place in `KINDS`. */
  kind: Uint8Array;
  /** A place in `Change.clusters`; -1 is in none. */
  cluster: Int32Array;
  members: Uint32Array;
  names: string[];
  /** What is written where the whole name has no room. */
  shorts: string[];
}

export interface EdgeBatch {
  e: Uint32Array;
  from: Uint32Array;
  to: Uint32Array;
}

export interface Change {
  type: 'change';
  /** Everything that was known is forgotten first. */
  reset: boolean;
  gone: Uint32Array;
  edgesGone: Uint32Array;
  nodes: NodeBatch | undefined;
  edges: EdgeBatch | undefined;
  /** The server's rectangles around nodes, four numbers for each. */
  areas: { rects: Float32Array; titles: string[] } | undefined;
  /** All clusters by number, where any is new. */
  clusters: { keys: string[]; titles: string[] } | undefined;
}

export interface Figures {
  type: 'figures';
  n: Uint32Array;
  /** The pinned figure, NaN where it is unknown. */
  value: Float32Array;
  /** Of its limit, from 0 to 1; NaN where there is none. */
  gauge: Float32Array;
  health: Uint8Array;
  e: Uint32Array;
  weight: Float32Array;
  failing: Uint8Array;
}

export interface Options {
  type: 'options';
  arrangement: Arrangement;
  /** Whether clusters are those that `NodeBatch.cluster` names; else they are the server's areas. */
  clustered: boolean;
  /** Keys of clusters that differ from what their map's size says: open ones, and `-KEY` closed ones. */
  open: string[];
  colouring: Colouring;
  onlyProblems: boolean;
  hidden: Uint32Array;
  /** Nodes whose connections are drawn only when they are asked for. */
  folded: Uint32Array;
  /** Only this node and its neighbours; -1 is all. */
  focus: number;
  selected: Int32Array;
  selectedEdges: Int32Array;
  /** The unit of the pinned figure, by the field registry. */
  unit: string;
  reducedMotion: boolean;
}

/** Colours as `#rrggbb`, so that pictures that are kept can be read anywhere. */
export interface Look {
  background: string;
  surface: string;
  raised: string;
  foreground: string;
  muted: string;
  border: string;
  ring: string;
  accent: string;
  selected: string;
  area: string;
  edge: string;
  health: [unknown: string, healthy: string, warning: string, critical: string];
  /** By place in `KINDS`. */
  kinds: string[];
  font: string;
  contrast: boolean;
}

export type Surface = OffscreenCanvas | HTMLCanvasElement;

export interface Size {
  width: number;
  height: number;
  /** Device pixels for each of the page's. */
  ratio: number;
  miniWidth: number;
  miniHeight: number;
}

export interface PointerAt {
  id: number;
  /** In pixels of the page, from the map's corner. */
  x: number;
  y: number;
  touch: boolean;
  /** Held to choose more, or to move the map over a node. */
  shift: boolean;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

export type ToEngine =
  | { type: 'start'; base: Surface; over: Surface; mini: Surface; size: Size; look: Look; words: Words }
  | Change
  | Figures
  | Options
  | ({ type: 'size' } & Size)
  | { type: 'look'; look: Look }
  /** What is chosen comes into sight. */
  | { type: 'reach' }
  | { type: 'down' | 'move' | 'up' | 'cancel' | 'double'; at: PointerAt }
  | { type: 'leave' }
  | { type: 'wheel'; x: number; y: number; dx: number; dy: number; pan: boolean }
  | { type: 'mini'; x: number; y: number }
  | { type: 'camera'; camera: Camera | undefined }
  | { type: 'fit' }
  | { type: 'show'; n: number }
  | { type: 'zoom'; by: number }
  | { type: 'pan'; dx: number; dy: number }
  | { type: 'walk'; to: Direction }
  | { type: 'cursor'; n: number }
  | { type: 'enter' }
  | { type: 'places'; n: Uint32Array; at: Float32Array; clusters: { key: string; x: number; y: number }[] }
  | { type: 'visible'; shown: boolean }
  | { type: 'export'; id: number; as: 'svg' | 'png' };

/** The few words that the engine writes itself. */
export interface Words {
  locale: string;
}

/** What something on the map is: a node, an edge, a bundle of edges between clusters, or a cluster. */
export type Thing =
  | { what: 'node'; n: number }
  | { what: 'edge'; e: number }
  | { what: 'bundle'; from: End; to: End; edges: number; weight: number; failing: number }
  | {
      what: 'cluster';
      key: string;
      title: string;
      count: number;
      health: [number, number, number, number];
      /** How many edges fail within it. Of an open one they are seen, and not counted. */
      failing: number;
      collapsed: boolean;
    };

export type End = { n: number } | { title: string };

export type FromEngine =
  | { type: 'hover'; thing: Thing | undefined; x: number; y: number }
  | { type: 'select'; thing: Thing | undefined }
  | { type: 'focus'; n: number }
  | { type: 'toggle'; key: string; open: boolean }
  | { type: 'cursor'; thing: Thing | undefined }
  | { type: 'grab'; shape: 'default' | 'pointer' | 'grabbing' }
  /** Where somebody went; nowhere of their own where it is absent: all of the map is shown. */
  | { type: 'camera'; camera: Camera | undefined }
  | { type: 'dragged'; n: number; x: number; y: number }
  | { type: 'draggedCluster'; key: string; x: number; y: number }
  | {
      type: 'stats';
      nodes: number;
      drawn: number;
      /** Who is drawn, where that was asked to be a part. */
      only: Uint32Array | undefined;
      clusters: number;
      collapsed: number;
      spread: number;
      draw: number;
      frames: number;
    }
  /** Whether all of the map is in sight, so that nobody needs an overview. */
  | { type: 'whole'; whole: boolean }
  /** No blob: the browser could not make it. */
  | { type: 'exported'; id: number; blob: Blob | undefined };
