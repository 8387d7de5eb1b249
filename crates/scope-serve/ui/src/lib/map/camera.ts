// The window on the map: from units of the map to pixels of the page and back. Geometry only.
import type { Camera } from '../model/place';

export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const MIN_SCALE = 0.004;
export const MAX_SCALE = 4;

export class Window {
  x = 0;
  y = 0;
  scale = 1;
  width = 1;
  height = 1;

  get camera(): Camera {
    return { x: this.x, y: this.y, scale: this.scale };
  }

  set(camera: Camera) {
    this.x = camera.x;
    this.y = camera.y;
    this.scale = clampScale(camera.scale);
  }

  /** The left of the picture: `toX(mapX) = mapX * scale + offsetX`. */
  get offsetX(): number {
    return this.width / 2 - this.x * this.scale;
  }

  get offsetY(): number {
    return this.height / 2 - this.y * this.scale;
  }

  toMapX(x: number): number {
    return (x - this.offsetX) / this.scale;
  }

  toMapY(y: number): number {
    return (y - this.offsetY) / this.scale;
  }

  /** What can be seen, in units of the map. */
  get bounds(): Bounds {
    return { left: this.toMapX(0), top: this.toMapY(0), right: this.toMapX(this.width), bottom: this.toMapY(this.height) };
  }

  panBy(dx: number, dy: number) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** What is under `(x, y)` stays there. */
  zoomAt(x: number, y: number, factor: number) {
    const mapX = this.toMapX(x);
    const mapY = this.toMapY(y);
    this.scale = clampScale(this.scale * factor);
    this.x = mapX - (x - this.width / 2) / this.scale;
    this.y = mapY - (y - this.height / 2) / this.scale;
  }

  /** The camera that shows `bounds` whole, no larger than `most`. `above` and `below` are what lies over the borders. */
  fitting(bounds: Bounds, margin: number, most: number, above = 0, below = 0): Camera {
    const width = Math.max(1, bounds.right - bounds.left);
    const height = Math.max(1, bounds.bottom - bounds.top);
    const scale = clampScale(
      Math.min(Math.max(40, this.width - 2 * margin) / width, Math.max(40, this.height - 2 * margin - above - below) / height, most),
    );
    return { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2 - (above - below) / 2 / scale, scale };
  }
}

export function clampScale(scale: number): number {
  return Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale));
}

/** Between two cameras, `t` from 0 to 1: scales by factors, so that a long way looks even. */
export function between(from: Camera, to: Camera, t: number): Camera {
  const scale = from.scale * Math.pow(to.scale / from.scale, t);
  // The point in the middle moves with the share of the zoom that is done; without a zoom, evenly.
  const share = Math.abs(to.scale / from.scale - 1) < 1e-3 ? t : (1 / scale - 1 / from.scale) / (1 / to.scale - 1 / from.scale);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, scale };
}

export const ease = (t: number): number => (t < 0.5 ? 4 * t * t * t : 1 - Math.pow(-2 * t + 2, 3) / 2);
