import { beforeEach, describe, expect, it } from 'vitest';
import { Clusters } from './clusters';
import { Curves, nearestLink } from './curves';
import { Drawn, HIDDEN, SHOWN, WITHIN } from './drawn';
import { hit, isAt, nextTo } from './hit';
import type { Change, Figures } from './protocol';
import { Places } from './places';
import { pointOn } from './plain-curve';
import { Scene } from './scene';

const NONE = new Uint32Array(0);
/** Nodes 0 to 3 in two areas, 4 alone; edges 0>2, 1>2, 1>4, 0>1. */
const change: Change = {
  type: 'change',
  reset: true,
  gone: NONE,
  edgesGone: NONE,
  nodes: {
    n: Uint32Array.of(0, 1, 2, 3, 4),
    box: Float32Array.of(20, 40, 100, 40, 20, 100, 100, 40, 320, 40, 100, 40, 320, 100, 100, 40, 700, 60, 100, 40),
    kind: new Uint8Array(5),
    cluster: Int32Array.of(0, 1, 0, 1, -1),
    members: new Uint32Array(5),
    names: ['a', 'b', 'c', 'd', 'e'],
    shorts: ['a', 'b', 'c', 'd', 'e'],
  },
  edges: { e: Uint32Array.of(0, 1, 2, 3), from: Uint32Array.of(0, 1, 1, 0), to: Uint32Array.of(2, 2, 4, 1) },
  areas: { rects: Float32Array.of(0, 0, 140, 160, 300, 0, 140, 160), titles: ['left', 'right'] },
  clusters: { keys: ['x', 'y'], titles: ['x', 'y'] },
};
const figures: Figures = {
  type: 'figures',
  n: Uint32Array.of(0, 2),
  value: Float32Array.of(5, 50),
  gauge: Float32Array.of(0.5, NaN),
  health: Uint8Array.of(1, 3),
  e: Uint32Array.of(0, 1),
  weight: Float32Array.of(2, 3),
  failing: Uint8Array.of(0, 1),
};
const all = { onlyProblems: false, hidden: NONE, folded: NONE, only: undefined };

let scene: Scene;
let clusters: Clusters;
let drawn: Drawn;
let places: Places;

function settle(restriction: Parameters<Drawn['choose']>[1], collapsed: boolean, clustered = false) {
  clusters.assign(scene, clustered);
  drawn.choose(scene, restriction);
  places.arrange(scene, clusters, 'force', 1.6, restriction.onlyProblems ? (n) => drawn.chosen.has(n) : undefined);
  scene.x.set(scene.hx);
  scene.y.set(scene.hy);
  clusters.sumUp(scene, (n) => drawn.state[n] !== HIDDEN);
  clusters.collapse(collapsed, [], false);
  drawn.join(scene, clusters);
}

beforeEach(() => {
  scene = new Scene();
  clusters = new Clusters();
  drawn = new Drawn();
  places = new Places();
  scene.change(change);
  scene.figures(figures);
});

describe('the scene', () => {
  it('keeps the places of the server, and clusters by its areas', () => {
    settle(all, false);
    expect([...scene.cluster.subarray(0, 5)]).toEqual([0, 0, 1, 1, -1]);
    expect(scene.hx[4]).toBe(700);
    expect([clusters.left[0], clusters.top[0], clusters.width[0], clusters.height[0]]).toEqual([0, 0, 140, 160]);
    expect(drawn.links).toBe(4);
  });

  it('joins the edges between collapsed clusters, and sums up what they carry and what fails', () => {
    settle(all, true);
    expect(drawn.state[0]).toBe(WITHIN);
    expect(drawn.state[4]).toBe(SHOWN);
    expect(drawn.links).toBe(2);
    const joined = drawn.linkOf[0]!;
    expect(drawn.linkOf[1]).toBe(joined);
    expect(drawn.linkOf[3]).toBe(-1);
    expect([drawn.weight[joined], drawn.failing[joined], drawn.pairs[joined]]).toEqual([5, 1, 2]);
    expect([...clusters.health.subarray(4, 8)]).toEqual([1, 0, 0, 1]);
  });

  it('counts what fails within a closed cluster, where no line is left to show it', () => {
    const said = (bits: number[]) => ({
      ...figures,
      e: Uint32Array.of(0, 1, 2, 3),
      weight: new Float32Array(4),
      failing: Uint8Array.from(bits),
    });
    // Of all edges the last one alone stays in its cluster.
    scene.figures(said([1, 1, 1, 0]));
    settle(all, true);
    expect([...drawn.failingWithin]).toEqual([0, 0]);
    scene.figures(said([0, 1, 1, 1]));
    drawn.weigh(scene);
    expect([...drawn.failingWithin]).toEqual([1, 0]);
    settle(all, false);
    expect([...drawn.failingWithin]).toEqual([0, 0]);
    settle({ ...all, hidden: Uint32Array.of(1) }, true);
    expect([...drawn.failingWithin]).toEqual([0, 0]);
  });

  it('lists the members of each cluster, the worst first', () => {
    settle(all, true);
    expect([...clusters.firsts]).toEqual([0, 2, 4]);
    expect([...clusters.members.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
    scene.figures({
      ...figures,
      n: Uint32Array.of(1, 3),
      value: Float32Array.of(1, 1),
      gauge: Float32Array.of(0, 0),
      health: Uint8Array.of(2, 3),
    });
    scene.figures({ ...figures, n: Uint32Array.of(2), value: Float32Array.of(1), gauge: Float32Array.of(0), health: Uint8Array.of(1) });
    settle(all, true);
    expect([...clusters.members.subarray(0, 4)]).toEqual([1, 0, 3, 2]);
  });

  it('shows only problems: who is ill, and the ends of what fails', () => {
    settle({ ...all, onlyProblems: true }, false);
    expect([0, 1, 2, 3, 4].map((n) => drawn.state[n])).toEqual([HIDDEN, SHOWN, SHOWN, HIDDEN, HIDDEN]);
  });

  it('puts the few that are left together, in frames no larger than they are, and all back where they stood', () => {
    settle(all, false);
    const before = [...scene.hx.subarray(0, 5), ...scene.hy.subarray(0, 5)];
    settle({ ...all, onlyProblems: true }, false);
    expect([...clusters.width.subarray(0, 2)]).toEqual([132, 132]);
    expect([...clusters.height.subarray(0, 2)]).toEqual([96, 96]);
    const [left, right] = [0, 1].map((c) => ({ x: clusters.left[c]!, y: clusters.top[c]! }));
    expect(Math.hypot(left!.x - right!.x, left!.y - right!.y)).toBeLessThan(250);
    const kept = [scene.hx[1], scene.hy[1]];
    scene.figures({ ...figures, n: Uint32Array.of(3), value: Float32Array.of(1), gauge: Float32Array.of(0), health: Uint8Array.of(3) });
    settle({ ...all, onlyProblems: true }, false);
    expect(drawn.others).toBe(true);
    expect([scene.hx[1], scene.hy[1]]).toEqual(kept);
    settle(all, false);
    expect([...scene.hx.subarray(0, 5), ...scene.hy.subarray(0, 5)]).toEqual(before);
  });

  it('hides nodes with their edges, and folds hubs', () => {
    settle({ ...all, hidden: Uint32Array.of(2), folded: Uint32Array.of(4) }, false);
    expect(drawn.linkOf[0]).toBe(-1);
    const ground = { scene, clusters, drawn, curves: new Curves(), framed: true, lit: undefined };
    expect(isAt(ground, { on: 'node', n: 2 }, scene.x[2]! + 5, scene.y[2]! + 5, 4)).toBe(false);
    expect(drawn.quiet[drawn.linkOf[2]!]).toBe(1);
    expect(drawn.quiet[drawn.linkOf[3]!]).toBe(0);
  });

  it('packs clusters that the server does not have; an arrival moves nothing else', () => {
    settle(all, false, true);
    expect(clusters.asServer).toBe(false);
    const before = [...scene.hx.subarray(0, 5), ...scene.hy.subarray(0, 5)];
    scene.change({
      ...change,
      reset: false,
      areas: undefined,
      edges: undefined,
      nodes: {
        n: Uint32Array.of(5),
        box: Float32Array.of(320, 160, 100, 40),
        kind: new Uint8Array(1),
        cluster: Int32Array.of(1),
        members: new Uint32Array(1),
        names: ['f'],
        shorts: ['f'],
      },
    });
    settle(all, false, true);
    // Its own cluster was full, so it alone may have moved.
    const kept = [0, 2, 4];
    expect(kept.map((n) => scene.hx[n])).toEqual(kept.map((n) => before[n]));
    expect(kept.map((n) => scene.hy[n])).toEqual(kept.map((n) => before[5 + n]));
  });

  it('keeps what was dragged', () => {
    places.dragged.set(4, { x: 900, y: 10 });
    settle(all, false);
    expect([scene.hx[4], scene.hy[4]]).toEqual([900, 10]);
  });

  it('leads a link around who is in between, and marks it where it is seen', () => {
    scene.change({
      ...change,
      reset: false,
      nodes: undefined,
      areas: undefined,
      clusters: undefined,
      edges: { e: Uint32Array.of(4), from: Uint32Array.of(0), to: Uint32Array.of(4) },
    });
    settle(all, false);
    const curves = new Curves();
    curves.lay(scene, clusters, drawn);
    const link = drawn.linkOf[4]!;
    expect(curves.first[link + 1]! - curves.first[link]!).toBeGreaterThan(1);
    const [x, y] = curves.mark(link);
    expect(hit({ scene, clusters, drawn, curves, framed: false, lit: undefined }, x, y, 1)).toEqual({ on: 'link', link });
    // While things move, and once they rest again, at the same places: the same way.
    const before = [...curves.at];
    curves.lay(scene, clusters, drawn, undefined, true);
    curves.lay(scene, clusters, drawn);
    expect([...curves.at]).toEqual(before);
  });

  it('finds what is under a point, and what lies next', () => {
    settle(all, false);
    const curves = new Curves();
    curves.lay(scene, clusters, drawn);
    const ground = { scene, clusters, drawn, curves, framed: true, lit: undefined };
    expect(hit(ground, 30, 50, 4)).toEqual({ on: 'node', n: 0 });
    expect(hit(ground, 60, 10, 4)).toEqual({ on: 'title', c: 0 });
    const link = drawn.linkOf[0]!;
    const [x, y] = pointOn(curves.at, curves.first[link]! * 8, 0.5);
    expect(nearestLink(curves, drawn.links, x, y + 1, 4, () => false)).toBe(link);
    expect(hit(ground, 600, 400, 4)).toBeUndefined();
    expect(isAt(ground, { on: 'link', link }, x, y + 1, 4)).toBe(true);
    expect(isAt(ground, { on: 'link', link }, 600, 400, 4)).toBe(false);
    expect(isAt(ground, { on: 'node', n: 0 }, 30, 50, 4)).toBe(true);
    expect(isAt(ground, { on: 'node', n: 0 }, 600, 400, 4)).toBe(false);
    expect(nextTo(ground, 0, 'right')).toBe(2);
    expect(nextTo(ground, 0, 'down')).toBe(1);
    expect(nextTo(ground, 0, 'left')).toBeUndefined();
  });
});
