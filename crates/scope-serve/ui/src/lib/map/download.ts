// The map as a file on the disk of whoever looks at it: pictures from the engine, data from the graph.
import type { Graph } from '../model/graph';
import { LiveView } from '../state/live-view.svelte';
import type { MapSession } from './session.svelte';

/** So long the server may take to tell all, milliseconds. */
const LONGEST_MS = 10_000;

/** Yields whether there is a file: a browser may not be able to make a picture of a large map, and a server may not answer. */
export async function download(session: MapSession, as: 'svg' | 'png' | 'json'): Promise<boolean> {
  const graph = as === 'json' ? await whole(session.view) : session.view.graph;
  const blob =
    as === 'json'
      ? graph && new Blob([JSON.stringify(graphData(graph), null, 1)], { type: 'application/json' })
      : await session.picture(as);
  if (!graph || !blob) return false;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  // Only what any file system takes.
  link.download = `scope-${graph.view.replace(/[^\w-]/g, '_')}-${graph.at.slice(0, 19).replace(/[^\dT]/g, '')}.${as}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return true;
}

/** The view with all figures, also those that nothing on the page shows; what is on the page where nothing moves there. */
async function whole(view: LiveView): Promise<Graph | undefined> {
  if (view.paused || view.status !== 'live' || view.graph.otherMetrics.length === 0) return view.graph;
  const all = new LiveView({ ...view.question, metrics: undefined });
  try {
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, LONGEST_MS);
      all.listen(() => {
        clearTimeout(late);
        resolve();
      });
    });
    return all.loaded ? all.graph : undefined;
  } finally {
    all.end();
  }
}

/** Nodes and edges with their figures, in the words of the API. */
export function graphData(graph: Graph) {
  const figures = (names: string[], of: (name: string) => number | undefined) =>
    Object.fromEntries(names.map((name) => [name, of(name)]).filter(([, value]) => value !== undefined));
  return {
    view: graph.view,
    at: graph.at,
    nodes: [...graph.nodes.values()].map(({ n, id, kind, name, role, facts, place }) => ({
      id,
      kind,
      name,
      role,
      ...facts,
      metrics: figures(graph.metrics, (metric) => graph.figure(n, metric)),
      place,
    })),
    edges: [...graph.edges.values()].map(({ e, from, to, facts }) => ({
      from: graph.nodes.get(from)?.id,
      to: graph.nodes.get(to)?.id,
      ...facts,
      ...figures(graph.edgeMetrics, (metric) => graph.edgeFigure(e, metric)),
    })),
    areas: graph.areas,
    hidden: graph.hidden,
    problems: graph.problems,
  };
}
