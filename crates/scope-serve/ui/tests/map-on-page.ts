// The map as a test sees it: what the server said of it, read from the page's own socket, and where on the screen that must be. Nothing here asks the map itself,
// but for the counts that it tells in its `data-` attributes.
import { inflateRawSync } from 'node:zlib';
import { expect, type Locator, type Page } from '@playwright/test';
import type { ViewMessage } from '../src/lib/live/messages';
import { Obstacles } from '../src/lib/map/obstacles';
import { pointOn } from '../src/lib/map/plain-curve';
import { Routes } from '../src/lib/map/routes';
import { Graph, type GraphNode } from '../src/lib/model/graph';
import type { Camera } from '../src/lib/model/place';

export class MapOnPage {
  /** What the page was told so far. */
  graph = new Graph();
  readonly map: Locator;

  constructor(readonly page: Page) {
    this.map = page.getByRole('application');
    page.on('websocket', (socket) => {
      // Panels have sockets of their own.
      if (!new URL(socket.url()).searchParams.has('view')) return;
      socket.on('framereceived', ({ payload }) => {
        const text = typeof payload === 'string' ? payload : inflateRawSync(payload).toString();
        const message = JSON.parse(text) as ViewMessage;
        if (message.type === 'snapshot') this.graph = new Graph();
        if (message.type === 'snapshot' || message.type === 'change' || message.type === 'figures') this.graph.apply(message);
      });
    });
  }

  async open(url: string) {
    await this.page.goto(url);
    await this.drawn();
  }

  /** Waits until something has been drawn; yields how many nodes. */
  async drawn(): Promise<number> {
    await expect(this.map).toHaveAttribute('data-drawn', /^\d+$/);
    return this.count('drawn');
  }

  async count(what: 'nodes' | 'drawn' | 'clusters' | 'collapsed'): Promise<number> {
    return Number(await this.map.getAttribute(`data-${what}`));
  }

  node(name: string): GraphNode {
    const found = [...this.graph.nodes.values()].find((node) => node.name === name);
    if (!found) throw new Error(`the server said nothing of ${name}`);
    return found;
  }

  /** The middle of a node, in the server's units. */
  middle({ place }: GraphNode): [x: number, y: number] {
    if (!place) throw new Error('the server gave it no place');
    return [place[0] + place[2] / 2, place[1] + place[3] / 2];
  }

  /** A place near a node, at most `reach` away in each direction, where it would lie on no other. */
  free(node: GraphNode, reach: number): [x: number, y: number] {
    const [x, y] = this.middle(node);
    const [, , w, h] = node.place!;
    for (let dy = 60; dy <= reach; dy += 10) {
      for (const dx of [0, 40, -40, 80, -80, 120, -120, 200, -200]) {
        for (const at of [y + dy, y - dy]) {
          const clear = [...this.graph.nodes.values()].every(({ place }) => {
            if (!place) return true;
            const [left, top, width, height] = place;
            return left > x + dx + w / 2 || left + width < x + dx - w / 2 || top > at + h / 2 || top + height < at - h / 2;
          });
          if (clear) return [x + dx, at];
        }
      }
    }
    throw new Error('no place is free');
  }

  /** A point in the middle of the link between two nodes, as it runs among all others. */
  onLink(from: GraphNode, to: GraphNode): [x: number, y: number] {
    const { nodes, edges } = this.graph;
    const numbers = [...nodes.keys()].sort((a, b) => a - b);
    const boxes = numbers.flatMap((n) => {
      const [left, top, width, height] = nodes.get(n)?.place ?? [0, 0, 0, 0];
      return [left, top, left + width, top + height];
    });
    const box = (n: number) => Float32Array.from(nodes.get(n)?.place ?? []);
    const sorted = [...edges.keys()].sort((a, b) => a - b).map((e) => edges.get(e)!);
    const wanted = sorted.map((edge) => ({ a: box(edge.from), b: box(edge.to), from: edge.from, to: edge.to, aside: 0 }));
    const curves = new Routes(new Obstacles(Float32Array.from(boxes), Int32Array.from(numbers))).of(wanted);
    const curve = curves[sorted.findIndex((edge) => edge.from === from.n && edge.to === to.n)]!;
    return pointOn(curve, Math.floor(curve.length / 16) * 8, 0.5);
  }

  /** The part of an address that has the map's point `(x, y)` in the middle. */
  at([x, y]: readonly [number, number], scale = 1): string {
    return `at=${Math.round(x)},${Math.round(y)},${scale}`;
  }

  camera(): Camera | undefined {
    const [x, y, scale] = (new URL(this.page.url()).searchParams.get('at') ?? '').split(',').map(Number);
    return x === undefined || y === undefined || scale === undefined ? undefined : { x, y, scale };
  }

  /** Where on the page a point of the map is, by the camera in the address. */
  async onPage([x, y]: readonly [number, number]): Promise<{ x: number; y: number }> {
    const box = await this.box();
    const camera = this.camera();
    if (!camera) throw new Error('no camera in the address');
    return {
      x: box.x + box.width / 2 + (x - camera.x) * camera.scale,
      y: box.y + box.height / 2 + (y - camera.y) * camera.scale,
    };
  }

  async box() {
    const box = await this.map.boundingBox();
    if (!box) throw new Error('the map has no box');
    return box;
  }

  async click(point: readonly [number, number]) {
    const { x, y } = await this.onPage(point);
    await this.page.mouse.click(x, y);
  }
}
