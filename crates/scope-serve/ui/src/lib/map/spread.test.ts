import { describe, expect, it } from 'vitest';
import { Scene } from './scene';
import { Spread } from './spread';

const NONE = new Uint32Array(0);

/** Node 0 in the middle of nowhere, `callers` before it in number, `called` after them, all far away in one line. */
function sceneOf(callers: number, called: number): Scene {
  const scene = new Scene();
  const count = 1 + callers + called;
  const n = Uint32Array.from({ length: count }, (_, at) => at);
  const around = [...n].slice(1);
  scene.change({
    type: 'change',
    reset: true,
    gone: NONE,
    edgesGone: NONE,
    nodes: {
      n,
      box: Float32Array.from([...n].flatMap((at) => (at ? [3000 + at * 200, 2000, 150, 42] : [0, 0, 150, 42]))),
      kind: new Uint8Array(count),
      cluster: new Int32Array(count).fill(-1),
      members: new Uint32Array(count),
      names: [...n].map(String),
      shorts: [...n].map(String),
    },
    edges: {
      e: Uint32Array.from(around, (_, at) => at),
      from: Uint32Array.from(around, (at) => (at <= callers ? at : 0)),
      to: Uint32Array.from(around, (at) => (at <= callers ? 0 : at)),
    },
    areas: undefined,
    clusters: undefined,
  });
  scene.x.set(scene.sx);
  scene.y.set(scene.sy);
  return scene;
}

describe('Spread', () => {
  const nodesOf = (scene: Scene) => [...Array(scene.nodes).keys()];

  it('has callers on one side, called on the other, the centre where it was, and nothing over anything', () => {
    const scene = sceneOf(6, 9);
    const spread = new Spread(scene, 0, nodesOf(scene), 'force', 0);
    spread.step(scene, 0, true);
    expect([scene.x[0], scene.y[0]]).toEqual([0, 0]);
    for (let n = 1; n <= 15; n++) expect(Math.sign(scene.x[n]!)).toBe(n <= 6 ? -1 : 1);
    for (let a = 0; a <= 15; a++) {
      for (let b = a + 1; b <= 15; b++) {
        const apart = Math.abs(scene.x[a]! - scene.x[b]!) >= 150 || Math.abs(scene.y[a]! - scene.y[b]!) >= 42;
        expect(apart, `${a} lies over ${b}`).toBe(true);
      }
    }
    // What was thousands of units away is at hand.
    expect(Math.max(...scene.x.subarray(0, 16))).toBeLessThan(900);
  });

  it('has clients above servers where that is how the map is read', () => {
    const scene = sceneOf(4, 4);
    new Spread(scene, 0, nodesOf(scene), 'layers', 0).step(scene, 0, true);
    for (let n = 1; n <= 8; n++) expect(Math.sign(scene.y[n]!)).toBe(n <= 4 ? -1 : 1);
  });

  it('takes its time, and arrives', () => {
    const scene = sceneOf(1, 1);
    const spread = new Spread(scene, 0, nodesOf(scene), 'force', 1000);
    expect(spread.step(scene, 1100, false)).toBe(true);
    const half = scene.x[1]!;
    expect(half).toBeLessThan(3200);
    expect(spread.step(scene, 5000, false)).toBe(true);
    expect(scene.x[1]!).toBeCloseTo(spread.targetOf(1)![0], 3);
    expect(spread.step(scene, 5100, false)).toBe(false);
  });

  it('gives each of hundreds a place of its own', () => {
    const scene = sceneOf(100, 199);
    const spread = new Spread(scene, 0, nodesOf(scene), 'force', 0);
    const places = nodesOf(scene).map((n) => spread.targetOf(n)!.join());
    expect(places.filter((place) => place.includes('NaN'))).toEqual([]);
    expect(new Set(places).size).toBe(places.length);
  });
});
