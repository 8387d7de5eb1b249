// The messages of a subscription, as docs/subscriptions.md has them. Shapes only.

/** Columns of figures: the number of the figure, what has it, the values; `null` takes one back. */
export type FigureColumn = [figure: number, of: number[], values: (number | null)[]];

/** The same as it comes: `null` for those that the column before it has. */
export type SaidColumn = [figure: number, of: number[] | null, values: (number | null)[]];

export interface Figures {
  nodes?: SaidColumn[];
  edges?: SaidColumn[];
}

export type Attribute = string | number | boolean | null | Attribute[] | { [key: string]: Attribute };

export interface NodeFacts {
  /** How many a group stands for. */
  members?: number;
  parents?: string[];
  /** The name of the container that a process is in: the view need not have that. */
  within?: string;
  agents?: string[];
  attrs?: Record<string, Attribute>;
  /** Of what nobody watches. */
  addresses?: string[];
}

export interface EdgeFacts {
  ports?: string[];
  since?: string;
  server_names?: string[];
  commands?: string[];
  seen_by?: string[];
}

export type Rect = [x: number, y: number, width: number, height: number];

export interface Area {
  rect: Rect;
  title: string;
}

/** What is another of a node that is known: of the rest it is what it was. Lists are whole; `null` takes back an attribute, or what a group stands for. */
export interface NodeSaid {
  kind?: string;
  name?: string;
  role?: string;
  place?: Rect;
  members?: number | null;
  parents?: string[];
  within?: string | null;
  agents?: string[];
  addresses?: string[];
  attrs?: Record<string, Attribute>;
}

export interface NodeColumns {
  gone?: number[];
  n?: number[];
  id?: string[];
  kind?: string[];
  name?: string[];
  role?: string[];
  facts?: NodeFacts[];
  place?: Rect[];
  changed?: { n: number[]; said: NodeSaid[] };
}

export interface EdgeColumns {
  gone?: number[];
  e?: number[];
  from?: number[];
  to?: number[];
  facts?: EdgeFacts[];
}

export interface Hidden {
  nodes: Record<string, number>;
  flows: Record<string, number>;
}

export interface Trouble {
  agent: string;
  source: string;
  id?: string | null;
  message: string;
  hint?: string | null;
}

interface Common {
  seq: number;
  at: string;
}

/** Names of figures that nodes have and that do not come, as nobody asked for them; those that were not told before. */
interface Unsaid {
  other_metrics?: string[];
}

interface Structure {
  metrics?: string[];
  edge_metrics?: string[];
  nodes?: NodeColumns;
  edges?: EdgeColumns;
  figures?: Figures;
  hidden?: Hidden;
  problems?: Trouble[];
  areas?: Area[];
}

export interface ViewSnapshot extends Common, Unsaid, Structure {
  type: 'snapshot';
  epoch: number;
  view: string;
}

export interface ViewChange extends Common, Unsaid, Structure {
  type: 'change';
}

export interface ViewFigures extends Common, Unsaid {
  type: 'figures';
  figures: Figures;
}

/** A message of a view; other types are skipped by whoever reads. */
export type ViewMessage = ViewSnapshot | ViewChange | ViewFigures;

export interface Relative {
  id: string;
  kind: string;
  name: string;
}

export interface NodeConnection {
  direction: 'in' | 'out';
  peer: Relative;
  /** Of a process: the container that it is in, or its host where it is in none. */
  within?: Relative;
  port: string;
  facts?: EdgeFacts;
}

/** A node in full, as a subscription of one node has it. */
export interface FullNode {
  node: {
    id: string;
    kind: string;
    name: string;
    agents?: string[];
    endpoints?: string[];
    attrs?: Record<string, Attribute>;
  } | null;
  parents: Relative[];
  children: Relative[];
  children_total: number;
  connections: NodeConnection[];
  connections_total: number;
}

export interface NodeSnapshot extends Common {
  type: 'snapshot';
  epoch: number;
  connection_metrics: string[];
  full: FullNode;
  metrics: Record<string, number>;
  connections: (number | null)[][];
}

export interface NodeChange extends Common {
  type: 'change';
  full: FullNode;
  metrics: Record<string, number>;
  connections: (number | null)[][];
}

export interface NodeFigures extends Common {
  type: 'figures';
  metrics?: Record<string, number | null>;
  connections?: [place: number, figure: number, value: number | null][];
}

export type NodeMessage = NodeSnapshot | NodeChange | NodeFigures;
