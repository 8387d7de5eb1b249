// The whole map on a stamp, with the window on it. Drawn from clusters and specks; dear parts are kept while only the window moves.
import type { Bounds, Window } from './camera';
import { SHOWN } from './drawn';
import type { Model } from './picture';
import { contextOf } from './screen';
import type { Surface } from './protocol';

const MARGIN = 6;

export class Minimap {
  #context;
  #ground: Surface | undefined;
  #stale = true;
  #bounds: Bounds = { left: 0, top: 0, right: 1, bottom: 1 };
  #width = 0;
  #height = 0;
  #ratio = 1;
  #scale = 1;
  #x = 0;
  #y = 0;

  constructor(
    readonly surface: Surface,
    private readonly makeSurface: (width: number, height: number) => Surface,
  ) {
    this.#context = contextOf(surface, true);
  }

  resize(width: number, height: number, ratio: number) {
    this.#width = width;
    this.#height = height;
    this.#ratio = ratio;
    this.surface.width = Math.max(1, Math.round(width * ratio));
    this.surface.height = Math.max(1, Math.round(height * ratio));
    this.#ground = undefined;
    this.#stale = true;
  }

  change() {
    this.#stale = true;
  }

  /** The point of the map under a point of the stamp. */
  toMap(x: number, y: number): [x: number, y: number] {
    return [(x - this.#x) / this.#scale, (y - this.#y) / this.#scale];
  }

  draw(window: Window, model: Model, bounds: Bounds) {
    if (this.#width < 8 || this.#height < 8) return;
    if (this.#stale) this.#drawGround(model, bounds);
    const pen = this.#context;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.surface.width, this.surface.height);
    if (this.#ground) pen.drawImage(this.#ground as CanvasImageSource, 0, 0);
    pen.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    const seen = window.bounds;
    const left = Math.max(1, seen.left * this.#scale + this.#x);
    const top = Math.max(1, seen.top * this.#scale + this.#y);
    const right = Math.min(this.#width - 1, seen.right * this.#scale + this.#x);
    const bottom = Math.min(this.#height - 1, seen.bottom * this.#scale + this.#y);
    pen.strokeStyle = model.look.ring;
    pen.lineWidth = 1.5;
    pen.strokeRect(left, top, Math.max(3, right - left), Math.max(3, bottom - top));
  }

  #drawGround(model: Model, bounds: Bounds) {
    const { scene, clusters, drawn, look } = model;
    this.#stale = false;
    this.#bounds = bounds;
    const width = Math.max(1, this.#bounds.right - this.#bounds.left);
    const height = Math.max(1, this.#bounds.bottom - this.#bounds.top);
    const scale = Math.min((this.#width - 2 * MARGIN) / width, (this.#height - 2 * MARGIN) / height);
    this.#scale = scale;
    this.#x = this.#width / 2 - ((bounds.left + bounds.right) / 2) * scale;
    this.#y = this.#height / 2 - ((bounds.top + bounds.bottom) / 2) * scale;
    this.#ground ??= this.makeSurface(this.surface.width, this.surface.height);
    const pen = contextOf(this.#ground, true);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.surface.width, this.surface.height);
    pen.setTransform(this.#ratio * scale, 0, 0, this.#ratio * scale, this.#ratio * this.#x, this.#ratio * this.#y);
    pen.fillStyle = look.border;
    for (let c = 0; c < clusters.count; c++) {
      if (clusters.size[c]) pen.fillRect(clusters.left[c]!, clusters.top[c]!, clusters.width[c]!, clusters.height[c]!);
    }
    for (let health = 0; health < 4; health++) {
      pen.fillStyle = look.health[health as 0];
      pen.globalAlpha = health >= 2 ? 1 : 0.5;
      // What is wrong is seen however small the map is.
      const least = (health >= 2 ? 2.5 : 1) / scale;
      for (let n = 0; n < scene.nodes; n++) {
        if (drawn.state[n] === 0 || scene.health[n] !== health || (drawn.state[n] !== SHOWN && health < 2)) continue;
        pen.fillRect(scene.x[n]!, scene.y[n]!, Math.max(least, scene.w[n]!), Math.max(least, scene.h[n]!));
      }
    }
    pen.globalAlpha = 1;
  }
}
