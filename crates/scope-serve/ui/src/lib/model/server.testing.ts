// For tests: how a server says what nodes are now to somebody who has this graph.
import type { Attribute, NodeColumns, NodeSaid } from '../live/messages';
import type { Graph } from './graph';

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Of nodes that the graph has, what is another; the others whole. */
export function saidTo(graph: Graph, nodes: NodeColumns): NodeColumns {
  const whole = { gone: nodes.gone ?? [], n: [], id: [], kind: [], name: [], role: [], facts: [], place: [] } as Required<
    Omit<NodeColumns, 'changed'>
  >;
  const changed = { n: [] as number[], said: [] as NodeSaid[] };
  for (const [at, n] of (nodes.n ?? []).entries()) {
    const before = graph.nodes.get(n);
    const [id, kind, name, role] = [nodes.id?.[at] ?? '', nodes.kind?.[at] ?? '', nodes.name?.[at] ?? '', nodes.role?.[at] ?? 'member'];
    const [facts, place] = [nodes.facts?.[at] ?? {}, nodes.place?.[at]];
    if (before?.id !== id || whole.gone.includes(n)) {
      whole.n.push(n);
      whole.id.push(id);
      whole.kind.push(kind);
      whole.name.push(name);
      whole.role.push(role);
      whole.facts.push(facts);
      if (place) whole.place.push(place);
      continue;
    }
    const said: NodeSaid = {};
    if (kind !== before.kind) said.kind = kind;
    if (name !== before.name) said.name = name;
    if (role !== before.role) said.role = role;
    if (place && !isSame(place, before.place)) said.place = place;
    if (facts.members !== before.facts.members) said.members = facts.members ?? null;
    for (const list of ['parents', 'agents', 'addresses'] as const)
      if (!isSame(facts[list] ?? [], before.facts[list] ?? [])) said[list] = facts[list] ?? [];
    const attrs: Record<string, Attribute> = {};
    for (const key of new Set([...Object.keys(before.facts.attrs ?? {}), ...Object.keys(facts.attrs ?? {})]))
      if (!isSame(facts.attrs?.[key], before.facts.attrs?.[key])) attrs[key] = facts.attrs?.[key] ?? null;
    if (Object.keys(attrs).length) said.attrs = attrs;
    if (Object.keys(said).length === 0) continue;
    changed.n.push(n);
    changed.said.push(said);
  }
  return { ...whole, ...(changed.n.length ? { changed } : {}) };
}
