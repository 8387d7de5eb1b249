// Where somebody is in the app, as the URL has it: a link reproduces view, filter, grouping, selection and camera. Text in, text out; no router here.

export type Presentation = 'map' | 'table' | 'resources';
export type Arrangement = 'force' | 'layers';
export type Colouring = 'kind' | 'health';
/** What the width of an edge shows: its open connections, or its bytes a second. */
export type EdgeWidth = 'open' | 'bytes';
export type RowKind = 'nodes' | 'edges';

export interface Camera {
  /** The point of the map in the middle of the screen, and how many pixels a unit of the map takes. */
  x: number;
  y: number;
  scale: number;
}

export interface Place {
  view: string;
  as: Presentation;
  /** In the filter language. */
  filter: string;
  /** `label:KEY` or an attribute: nodes that share it are one node. The server does it. */
  groupBy: string;
  /** What the view leaves out by itself and is shown all the same. */
  show: string[];
  /** The panels that are open, the last on top: ids of nodes, or `edge:FROM>TO`. */
  selection: string[];
  camera: Camera | undefined;
  arrangement: Arrangement;
  /** What nodes are put together by on the map: `host`, `compose_project`, `namespace`, `label:KEY`; the map's own choice where empty. */
  clusterBy: string;
  /** The clusters that are open although the map is large; `-KEY` are closed although it is small. */
  open: string[];
  /** The figure that size and gauge show. */
  metric: string;
  colouring: Colouring;
  edgeWidth: EdgeWidth;
  onlyProblems: boolean;
  /** Nodes that are not drawn; of `~ID` the connections are not. */
  hide: string[];
  /** Only this node and what it is connected with. */
  focus: string;
  /** What the table lists. */
  rows: RowKind;
  /** What the table is sorted by, with a `-` for the largest first; its own choice where empty. */
  sort: string;
}

export const HOME: Place = {
  view: 'containers',
  as: 'map',
  filter: '',
  groupBy: '',
  show: [],
  selection: [],
  camera: undefined,
  arrangement: 'force',
  clusterBy: '',
  open: [],
  metric: 'cpu_pct',
  colouring: 'health',
  edgeWidth: 'open',
  onlyProblems: false,
  hide: [],
  focus: '',
  rows: 'nodes',
  sort: '',
};

// Ids and names may hold commas: each value of a list is a parameter of its own.
const list = (parameters: URLSearchParams, name: string) => parameters.getAll(name).slice(0, 100);
const oneOf = <T extends string>(text: string | null, all: readonly T[], otherwise: T): T => all.find((one) => one === text) ?? otherwise;

/** Reads `/view/<view>?…`. What cannot be understood is as if it were absent. */
export function readPlace(view: string, parameters: URLSearchParams): Place {
  return {
    view,
    as: oneOf(parameters.get('as'), ['map', 'table', 'resources'], HOME.as),
    filter: parameters.get('filter') ?? '',
    groupBy: parameters.get('group_by') ?? '',
    show: list(parameters, 'show'),
    selection: list(parameters, 'sel').slice(-8),
    camera: readCamera(parameters.get('at')),
    arrangement: oneOf(parameters.get('arrange'), ['force', 'layers'], HOME.arrangement),
    clusterBy: parameters.get('cluster') ?? '',
    open: list(parameters, 'open'),
    metric: parameters.get('metric') ?? HOME.metric,
    colouring: oneOf(parameters.get('colour'), ['kind', 'health'], HOME.colouring),
    edgeWidth: oneOf(parameters.get('width'), ['open', 'bytes'], HOME.edgeWidth),
    onlyProblems: parameters.has('problems'),
    hide: list(parameters, 'hide'),
    focus: parameters.get('focus') ?? '',
    rows: oneOf(parameters.get('rows'), ['nodes', 'edges'], HOME.rows),
    sort: parameters.get('sort') ?? '',
  };
}

/** Writes what differs from `HOME`, always in the same order, so that equal places have equal links. */
export function writePlace(place: Place): URLSearchParams {
  const parameters = new URLSearchParams();
  const put = (name: string, value: string, otherwise = '') => {
    if (value !== otherwise) parameters.set(name, value);
  };
  put('as', place.as, HOME.as);
  put('filter', place.filter);
  put('group_by', place.groupBy);
  place.show.forEach((one) => parameters.append('show', one));
  put('arrange', place.arrangement, HOME.arrangement);
  put('cluster', place.clusterBy);
  place.open.forEach((one) => parameters.append('open', one));
  put('metric', place.metric, HOME.metric);
  put('colour', place.colouring, HOME.colouring);
  put('width', place.edgeWidth, HOME.edgeWidth);
  if (place.onlyProblems) parameters.set('problems', '1');
  place.hide.forEach((one) => parameters.append('hide', one));
  put('focus', place.focus);
  put('rows', place.rows, HOME.rows);
  put('sort', place.sort);
  place.selection.forEach((one) => parameters.append('sel', one));
  if (place.camera) parameters.set('at', writeCamera(place.camera));
  return parameters;
}

function readCamera(text: string | null): Camera | undefined {
  const [x, y, scale] = (text ?? '').split(',').map(Number);
  if (text === null || x === undefined || y === undefined || scale === undefined) return undefined;
  return Number.isFinite(x) && Number.isFinite(y) && scale > 0 && Number.isFinite(scale) ? { x, y, scale } : undefined;
}

function writeCamera({ x, y, scale }: Camera): string {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10},${Number(scale.toPrecision(4))}`;
}
