// A few lines about something on the map: for the tip under the pointer, and for those who hear the map instead of seeing it.
import { m } from '#lib/paraglide/messages';
import { format } from '../model/format';
import type { Graph } from '../model/graph';
import { healthOf } from '../model/health';
import { visible } from '../model/visible';
import { catalogue } from '../state/catalogue.svelte';
import { hostOf } from './cluster-key';
import type { End, Thing } from './protocol';
import { healthWord, reasonWords } from './reasons';

export interface Said {
  title: string;
  about: string;
  wrong: string[];
  critical: boolean;
  figures: [name: string, value: string][];
  hint: string;
}

const LIMITS: Record<string, string> = { mem_bytes: 'mem_limit_bytes', cpu_pct: 'cpu_limit_pct' };
const SHOWN = ['cpu_pct', 'mem_bytes', 'rx_bytes_per_sec', 'tx_bytes_per_sec'];
/** Names are cut where they are longer than anybody reads in passing. */
const LONGEST = 120;

const shown = (name: string) => visible(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name);

export function describe({ view, unit }: { view: { graph: Graph }; unit(metric: string): string }, thing: Thing): Said | undefined {
  const { graph } = view;
  const nameOf = (end: End) => shown('n' in end ? (graph.nodes.get(end.n)?.name ?? '') : end.title);
  switch (thing.what) {
    case 'node': {
      const node = graph.nodes.get(thing.n);
      if (!node) return undefined;
      const judgement = healthOf(graph, thing.n);
      let [incoming, outgoing] = [0, 0];
      for (const e of graph.edgesOf(thing.n)) {
        if (graph.edges.get(e)?.from === thing.n) outgoing += 1;
        if (graph.edges.get(e)?.to === thing.n) incoming += 1;
      }
      const figures: [string, string][] = [];
      for (const metric of SHOWN) {
        const value = graph.figure(thing.n, metric);
        if (value === undefined) continue;
        const limit = LIMITS[metric] ? graph.figure(thing.n, LIMITS[metric]) : undefined;
        const said = format.figure(value, unit(metric));
        figures.push([
          catalogue.fields.get(metric)?.label ?? metric,
          limit ? m.map_of_limit({ value: said, limit: format.figure(limit, unit(metric)) }) : said,
        ]);
      }
      figures.push([m.map_connections(), m.map_in_out({ in: incoming, out: outgoing })]);
      const state = node.facts.attrs?.['state'];
      const members = node.facts.members ? m.map_nodes({ count: node.facts.members }) : '';
      return {
        title: shown(node.name),
        about: [node.kind, typeof state === 'string' ? shown(state) : '', members, node.kind === 'host' ? '' : shown(hostOf(node) ?? '')]
          .filter(Boolean)
          .join(' · '),
        wrong: judgement.reasons.map(reasonWords),
        critical: judgement.health === 'critical',
        figures,
        hint: '',
      };
    }
    case 'edge': {
      const edge = graph.edges.get(thing.e);
      if (!edge) return undefined;
      const failed = graph.edgeFigure(thing.e, 'failed_total') ?? 0;
      const rtt = graph.edgeFigure(thing.e, 'rtt_us');
      const figures: [string, string][] = [
        [m.map_connections(), m.map_open_connections({ count: graph.edgeFigure(thing.e, 'open') ?? 0 })],
      ];
      const sent = graph.edgeFigure(thing.e, 'tx_bytes_total');
      const received = graph.edgeFigure(thing.e, 'rx_bytes_total');
      if (sent !== undefined) figures.push([label('tx_bytes_total'), format.figure(sent, 'bytes')]);
      if (received !== undefined) figures.push([label('rx_bytes_total'), format.figure(received, 'bytes')]);
      if (rtt !== undefined) figures.push([label('rtt_us'), format.figure(rtt, 'micros')]);
      return {
        title: `${nameOf({ n: edge.from })} → ${nameOf({ n: edge.to })}`,
        about: (edge.facts.ports ?? []).slice(0, 6).map(shown).join(', '),
        wrong: failed > 0 ? [m.map_failed({ count: format.count(failed) })] : [],
        critical: true,
        figures,
        hint: '',
      };
    }
    case 'bundle':
      return {
        title: `${nameOf(thing.from)} → ${nameOf(thing.to)}`,
        about: m.map_bundle({ edges: format.count(thing.edges) }),
        wrong: thing.failing ? [m.map_failing_edges({ count: format.count(thing.failing) })] : [],
        critical: true,
        figures: [],
        hint: m.map_click_bundle(),
      };
    case 'cluster':
      return {
        title: shown(thing.title),
        about: m.map_nodes({ count: format.count(thing.count) }),
        wrong: thing.failing ? [m.map_failing_edges({ count: format.count(thing.failing) })] : [],
        critical: true,
        figures: (['critical', 'warning', 'healthy', 'unknown'] as const)
          .map((health, at): [string, number] => [healthWord(health), thing.health[3 - at] ?? 0])
          .filter(([, count], at) => count || at < 2)
          .map(([name, count]) => [name, format.count(count)]),
        hint: thing.collapsed ? m.map_click_open() : '',
      };
  }
}

/** The same on one line, as it is read out. */
export function spoken(session: Parameters<typeof describe>[0], thing: Thing | undefined): string {
  const said = thing && describe(session, thing);
  if (!said) return '';
  const health = thing?.what === 'node' ? healthWord(healthOf(session.view.graph, thing.n).health) : '';
  return [said.title, said.about, health, ...said.wrong, ...said.figures.map(([name, value]) => `${name}: ${value}`), said.hint]
    .filter(Boolean)
    .join(', ');
}

const label = (field: string) => catalogue.fields.get(field)?.label ?? field;
