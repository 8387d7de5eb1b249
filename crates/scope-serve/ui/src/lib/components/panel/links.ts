// Where a panel leads: views that show the same thing, what is in it, and what belongs to it, as changes of place. Filters are written in the filter language.
import type { ViewInfo } from '#lib/api/client';
import type { Graph, GraphNode } from '#lib/model/graph';
import { shortened } from '#lib/model/visible';
import type { Place } from '#lib/model/place';

export interface Lead {
  what: 'same' | 'containers' | 'processes' | 'members';
  /** The title of the view. */
  view: string;
  changes: Partial<Place>;
}

/** A text in the filter language, whatever is in it. */
export function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

type Thing = { id: string; kind: string; name: string; agents?: readonly string[] | undefined };

export function leadsOf(thing: Thing, here: string, views: readonly ViewInfo[]): Lead[] {
  const leads: Lead[] = [];
  const named = (name: string) => views.find((view) => view.name === name);
  const put = (what: Lead['what'], name: string, changes: Partial<Place>) => {
    const view = named(name);
    if (view) leads.push({ what, view: view.title, changes: { view: name, ...changes } });
  };
  for (const view of views) {
    // Views that draw several as one do not show the thing itself.
    if (view.of === thing.kind && view.name !== here && !view.name.includes('-by-'))
      put('same', view.name, { filter: '', selection: [thing.id] });
  }
  const open = { selection: [thing.id] };
  if (thing.kind === 'host') {
    const filter = `host=${quoted(thing.agents?.[0] ?? thing.name)}`;
    put('containers', 'containers', { filter, ...open });
    put('processes', 'processes', { filter, show: ['unconnected'], ...open });
  }
  if (thing.kind === 'container' || thing.kind === 'pod') {
    if (thing.kind === 'pod') put('containers', 'containers', { filter: `parents=${quoted(thing.id)}`, ...open });
    else put('processes', 'processes', { filter: `parents=${quoted(thing.id)}`, show: ['unconnected'], ...open });
  }
  if (thing.kind === 'image') put('containers', 'containers', { filter: `image=${quoted(thing.name)}`, ...open });
  return leads;
}

/** The filter for what a group stands for, and the view that shows it; nothing where it cannot be said. */
export function membersOf(name: string, view: string, groupBy: string): { view: string; filter: string } | undefined {
  const text = quoted(name);
  const base = view.startsWith('processes') ? 'processes' : view.startsWith('containers') ? 'containers' : view;
  const by =
    groupBy ||
    {
      'containers-by-image': 'image',
      'containers-by-compose-project': 'compose_project',
      'processes-by-name': 'name',
      'containers-by-dns-name': '(dns)',
    }[view];
  if (!by) return undefined;
  if (by === '(dns)') return { view: base, filter: `compose_service=${text} or hostname=${text} or name=${text}` };
  const field = by === 'parent:host' ? 'host' : by.startsWith('label:') ? `labels.${by.slice(6)}` : by;
  if (by.startsWith('parent:') && by !== 'parent:host') return undefined;
  return { view: base, filter: name === '(none)' ? `-has:${field}` : `${field}=${text}` };
}

/** `edge:FROM>TO`; ids may hold `>`, so both ends must be known to the graph. */
export function readEdge(text: string, has: (id: string) => boolean): { from: string; to: string } | undefined {
  if (!text.startsWith('edge:')) return undefined;
  const rest = text.slice(5);
  let guess: { from: string; to: string } | undefined;
  for (let at = rest.indexOf('>'); at >= 0; at = rest.indexOf('>', at + 1)) {
    const ends = { from: rest.slice(0, at), to: rest.slice(at + 1) };
    if (has(ends.from) && has(ends.to)) return ends;
    guess ??= ends;
  }
  return guess;
}

/** What stands in the graph where something that is gone stood: of the same kind and name, and, where there are several, on the same host. */
export function successorOf(gone: Thing, graph: Graph): GraphNode | undefined {
  if (!gone.name) return undefined;
  const alike = [...graph.nodes.values()].filter(({ id, kind, name }) => id !== gone.id && kind === gone.kind && name === gone.name);
  return alike.find(({ facts }) => facts.agents?.some((agent) => gone.agents?.includes(agent))) ?? alike[0];
}

/** What a panel is called before anything is known of it. */
export function nameOfId(id: string): string {
  const rest = id.replace(/^(edge:)?[a-z]+:/, '');
  return shortened(/^[0-9a-f]{40,}$/.test(rest) ? rest.slice(0, 12) : rest, 40);
}
