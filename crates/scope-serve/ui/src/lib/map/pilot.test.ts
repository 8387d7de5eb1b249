import { beforeEach, describe, expect, it } from 'vitest';
import { Composition } from './composition';
import { Pilot } from './pilot';
import type { Change, Options } from './protocol';
import { Stage } from './stage';

const NONE = new Uint32Array(0);
const NOBODY = new Int32Array(0);
/** Two nodes far apart: 0 at the left, 1 at the right. */
const change: Change = {
  type: 'change',
  reset: true,
  gone: NONE,
  edgesGone: NONE,
  nodes: {
    n: Uint32Array.of(0, 1),
    box: Float32Array.of(0, 300, 150, 42, 1000, 300, 150, 42),
    kind: new Uint8Array(2),
    cluster: Int32Array.of(-1, -1),
    members: new Uint32Array(2),
    names: ['a', 'b'],
    shorts: ['a', 'b'],
  },
  edges: undefined,
  areas: undefined,
  clusters: undefined,
};

let stage: Stage;
let pilot: Pilot;
let composition: Composition;

const choose = (more: Partial<Options>) => {
  stage.options = { ...stage.options, reducedMotion: true, ...more };
  stage.stale.drawn = true;
  composition.settle(0);
};
/** What of a node lies beyond the border, in pixels. */
const beyond = (n: number) => {
  const { window, scene } = stage;
  const [left, right] = [
    (scene.x[n]! - window.bounds.left) * window.scale,
    (window.bounds.right - scene.x[n]! - scene.w[n]!) * window.scale,
  ];
  return Math.round(Math.max(0, -left) + Math.max(0, -right));
};

beforeEach(() => {
  stage = new Stage(() => undefined);
  pilot = new Pilot(stage, () => undefined);
  composition = new Composition(stage, pilot, () => ({ cost: 0, frames: 0 }));
  pilot.resize(1200, 700);
  composition.changed(stage.scene.change(change));
  choose({});
});

describe('the camera', () => {
  it('moves by no more than it takes to free what is chosen from under a panel', () => {
    choose({ selected: Int32Array.of(1) });
    const { scale } = stage.window;
    const right = () => stage.window.bounds.right;
    pilot.resize(800, 700);
    expect(beyond(1)).toBe(0);
    expect(stage.window.scale).toBe(scale);
    expect(Math.round((right() - 1150) * scale)).toBe(24);
  });

  it('stays where it is when what is chosen is in sight all the same', () => {
    choose({ selected: Int32Array.of(0) });
    const { left } = stage.window.bounds;
    pilot.resize(800, 700);
    expect(stage.window.bounds.left).toBeCloseTo(left);
  });

  it('goes where a link says, unless what is chosen is not to be seen there', () => {
    const far = { x: 500, y: 320, scale: 1 };
    pilot.link(far);
    choose({ selected: Int32Array.of(0) });
    pilot.resize(1150, 700);
    expect(stage.window.camera).toEqual(far);
    pilot.resize(800, 700);
    expect(beyond(0)).toBe(0);
  });

  it('brings into sight what is chosen at the border', () => {
    pilot.move(() => stage.window.set({ x: 1075 - 600 + 40, y: 320, scale: 1 }));
    choose({ selected: NOBODY });
    expect(beyond(1)).toBe(35);
    choose({ selected: Int32Array.of(1) });
    pilot.include(stage.chosen()!);
    expect(beyond(1)).toBe(0);
  });
});
