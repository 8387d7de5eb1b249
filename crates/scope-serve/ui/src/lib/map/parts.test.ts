// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import type { NodeFacts, Rect } from '../live/messages';
import { Graph } from '../model/graph';
import { between, Window } from './camera';
import { clusterOf, labelChoices } from './cluster-key';
import { Encoder, shortName } from './encode';
import { commandOf } from './keys';
import { PlaceKeeper } from './kept-places';
import { Labels } from './labels';
import type { Pen } from './pen';
import { SvgPen } from './svg-pen';
import { saidTo } from '../model/server.testing';

const pen = { font: '', measureText: (text: string) => ({ width: text.length * 50 }) } as Pen;
const node = (name: string, attrs = {}) => ({
  n: 0,
  id: name,
  kind: 'container',
  name,
  role: 'member',
  facts: { attrs, parents: ['host:a'] },
  place: undefined,
});

describe('Window', () => {
  it('zooms about a point, which stays', () => {
    const window = new Window();
    Object.assign(window, { width: 800, height: 600, x: 50, y: 60, scale: 0.5 });
    const before = [window.toMapX(100), window.toMapY(100)];
    window.zoomAt(100, 100, 3);
    expect(window.toMapX(100)).toBeCloseTo(before[0]!);
    expect(window.toMapY(100)).toBeCloseTo(before[1]!);
  });

  it('fits, and flies from one camera to another', () => {
    const window = new Window();
    Object.assign(window, { width: 800, height: 600 });
    const camera = window.fitting({ left: 0, top: 0, right: 1000, bottom: 100 }, 0, 2);
    expect(camera).toEqual({ x: 500, y: 50, scale: 0.8 });
    expect(between({ x: 0, y: 0, scale: 1 }, camera, 1)).toEqual(camera);
  });
});

describe('Labels', () => {
  it('lets no word lie over another', () => {
    const labels = new Labels();
    labels.begin(200, 100);
    expect(labels.take(10, 10, 50, 12)).toBe(true);
    expect(labels.take(40, 14, 50, 12)).toBe(false);
    expect(labels.take(10, 50, 50, 12)).toBe(true);
    expect(labels.take(-100, 50, 50, 12)).toBe(false);
  });

  it('cuts the middle out, and shows what cannot be seen', () => {
    const labels = new Labels();
    expect(labels.cut(pen, 'abcdefghij', 10, 'x', 100)).toBe('abcdefghij');
    const cut = labels.cut(pen, 'abcdefghij', 10, 'x', 38);
    expect(cut).toMatch(/^a.*…/);
    expect(cut.length).toBeLessThan(8);
    // Letters differ in width: what is left has to fit as well.
    const uneven = {
      font: '',
      measureText: (text: string) => ({ width: [...text].reduce((sum, one) => sum + (one === 'm' ? 90 : 20), 0) }),
    } as Pen;
    const part = labels.cut(uneven, 'mmmmiiiiiiiiiiii', 10, 'y', 30);
    expect(part).toContain('…');
    expect(labels.width(uneven, part, 10, 'y')).toBeLessThanOrEqual(30);
    expect(labels.clean('a\u202eb')).toBe('a\\u{202e}b');
  });
});

describe('SvgPen', () => {
  it('writes text as text, whatever it is', () => {
    const svg = new SvgPen(10, 10, pen);
    svg.font = '500 12px sans-serif';
    svg.fillText('<script>alert("1")</script>\u0000&', 1, 2);
    svg.beginPath();
    svg.roundRect(0, 0, 5, 5, 1);
    svg.arc(3, 3, 2, 0, 2 * Math.PI);
    svg.stroke();
    const document = new DOMParser().parseFromString(svg.toString(), 'image/svg+xml');
    expect(document.querySelector('parsererror')).toBeNull();
    expect(document.querySelector('script')).toBeNull();
    expect(document.querySelector('text')?.textContent).toBe('<script>alert("1")</script>&');
  });
});

describe('clusters', () => {
  it('are hosts, attributes and labels', () => {
    const shop = node('shop-api-1', { compose_project: 'shop', labels: { team: 'a' } });
    expect(clusterOf(shop, 'host')?.key).toBe('a');
    expect(clusterOf(shop, 'compose_project')?.key).toBe('shop');
    expect(clusterOf(shop, 'label:team')?.key).toBe('a');
    expect(clusterOf(shop, 'label:other')).toBeUndefined();
    expect(clusterOf({ ...shop, role: 'pseudo' }, 'host')).toBeUndefined();
    const worker = { ...node('worker'), kind: 'process', facts: { parents: ['host:a', 'container:0123456789abcdef'], within: 'api' } };
    expect(clusterOf(worker, 'container')).toEqual({ key: 'container:0123456789abcdef', title: 'api' });
    expect(clusterOf(shop, 'container')).toEqual({ key: shop.id, title: 'shop-api-1' });
    expect(clusterOf({ ...worker, facts: { parents: ['host:a'] } }, 'container')).toEqual({ key: 'host:a', title: 'a' });
    expect(shortName(shop)).toBe('api-1');
    expect(shortName(node('api', { compose_project: 'shop' }))).toBe('api');
    expect(shortName({ ...node('Internet (servers)'), role: 'pseudo' })).toBe('Internet');
    expect(shortName({ ...node('(servers)'), role: 'pseudo' })).toBe('(servers)');
    expect(shortName(node('job (nightly)'))).toBe('job (nightly)');
  });

  it('are offered by labels that divide', () => {
    const nodes = Array.from({ length: 20 }, (_, i) => node(String(i), { labels: { team: i % 2 ? 'a' : 'b', id: String(i), same: 'x' } }));
    expect(labelChoices(nodes)).toEqual(['team']);
  });
});

describe('Encoder', () => {
  it('hands over what a message changed, with rates and failures', () => {
    const graph = new Graph();
    const encoder = new Encoder(graph);
    encoder.choose('', 'cpu_pct', 'bytes');
    const first = encoder.changed(
      graph.apply({
        type: 'snapshot',
        seq: 1,
        at: '2026-11-21T18:34:00Z',
        epoch: 1,
        view: 'containers',
        metrics: ['cpu_pct', 'cpu_limit_pct'],
        edge_metrics: ['open', 'tx_bytes_total', 'failed_total'],
        nodes: {
          n: [0, 1],
          id: ['a', 'b'],
          kind: ['container', 'zebra'],
          name: ['a', 'b'],
          role: ['member', 'member'],
          facts: [{}, {}],
          place: [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ],
        },
        edges: { e: [0], from: [0], to: [1], facts: [{}] },
        figures: {
          nodes: [
            [0, [0], [40]],
            [1, [0], [80]],
          ],
          edges: [
            [0, [0], [3]],
            [1, [0], [1000]],
          ],
        },
      }),
    );
    expect(first.change?.reset).toBe(true);
    expect([...first.change!.nodes!.box]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...first.figures!.gauge]).toEqual([0.5, NaN]);
    const next = encoder.changed(
      graph.apply({
        type: 'figures',
        seq: 2,
        at: '2026-11-21T18:34:02Z',
        figures: {
          nodes: [[0, [0], [20]]],
          edges: [
            [1, [0], [5000]],
            [2, [0], [1]],
          ],
        },
      }),
    );
    expect(next.change).toBeUndefined();
    expect([...next.figures!.n]).toEqual([0]);
    expect([...next.figures!.weight]).toEqual([2000]);
    expect([...next.figures!.failing]).toEqual([1]);
    const later = encoder.changed(graph.apply({ type: 'figures', seq: 3, at: '2026-11-21T18:36:02Z', figures: {} }));
    expect([...later.figures!.e]).toEqual([0]);
  });
});

describe('Encoder, of nodes that changed', () => {
  const graph = new Graph();
  const encoder = new Encoder(graph);
  encoder.choose('host', 'cpu_pct', 'open');
  const put = (facts: NodeFacts, place: Rect, type: 'snapshot' | 'change' = 'change', gone: number[] = []) => {
    const nodes = { gone, n: [0], id: ['a'], kind: ['container'], name: ['shop-api'], role: ['member'], facts: [facts], place: [place] };
    const said = type === 'change' ? saidTo(graph, nodes) : nodes;
    return encoder.changed(graph.apply({ type, seq: 1, at: '2026-11-21T18:34:00Z', epoch: 1, view: 'containers', nodes: said }));
  };

  it('tells what looks different, and of the others how they are', () => {
    expect(put({ agents: ['one'] }, [1, 2, 3, 4], 'snapshot').change?.nodes?.shorts).toEqual(['shop-api']);
    const worse = put({ agents: ['one'], attrs: { state: 'dead' } }, [1, 2, 3, 4]);
    expect(worse.change).toBeUndefined();
    expect([...worse.figures!.health]).toEqual([3]);
    expect(put({ agents: ['two'] }, [1, 2, 3, 4]).change?.nodes?.n).toHaveLength(1);
    expect(put({ agents: ['two'] }, [1, 2, 3, 5]).change?.nodes?.n).toHaveLength(1);
    expect(put({ agents: ['two'], members: 2 }, [1, 2, 3, 5]).change?.nodes?.n).toHaveLength(1);
    expect(put({ agents: ['two'], members: 2, attrs: { compose_project: 'shop' } }, [1, 2, 3, 5]).change?.nodes?.shorts).toEqual(['api']);
  });

  it('tells of a number that another has now', () => {
    const facts = { agents: ['two'], members: 2, attrs: { compose_project: 'shop' } };
    expect(put(facts, [1, 2, 3, 5]).change).toBeUndefined();
    expect(put(facts, [1, 2, 3, 5], 'change', [0]).change?.nodes?.n).toHaveLength(1);
  });
});

describe('PlaceKeeper', () => {
  it('keeps places for each view, and takes no nonsense', () => {
    localStorage.clear();
    new PlaceKeeper('a', 'force', '', localStorage).drag('container:1', 1.4, 2);
    expect(new PlaceKeeper('a', 'force', '', localStorage).places.nodes).toEqual({ 'container:1': [1, 2] });
    expect(new PlaceKeeper('b', 'force', '', localStorage).count).toBe(0);
    localStorage.setItem('scope.map.places:a/force/', '{"nodes":{"x":[1,"<"],"y":3},"clusters":7}');
    expect(new PlaceKeeper('a', 'force', '', localStorage).count).toBe(0);
  });
});

describe('keys', () => {
  it("are the map's, but for those with Ctrl and those of others", () => {
    const key = (key: string, more = {}) => commandOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });
    expect(key('ArrowLeft')).toEqual({ do: 'walk', to: 'left' });
    expect(key('ArrowLeft', { shiftKey: true })).toEqual({ do: 'pan', dx: 80, dy: 0 });
    expect(key('Enter')).toEqual({ do: 'open' });
    expect(key('f', { ctrlKey: true })).toBeUndefined();
    expect(key('g')).toBeUndefined();
  });
});
