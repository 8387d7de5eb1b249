// The canvas that the map is drawn on. While the camera moves over a map that is dear to draw, the last picture is moved and only what comes into sight is
// drawn; soon after it rests, or now and then on the way, all is drawn anew.
import type { Window } from './camera';
import { paint, type Model, type Port } from './picture';
import type { Pen } from './pen';
import type { Surface } from './protocol';

/** A picture that costs less is drawn whole for each frame. */
const CHEAP_MS = 6;
const REST_MS = 90;

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export function contextOf(surface: Surface, alpha: boolean): Context {
  const context = surface.getContext('2d', { alpha }) as Context | null;
  if (!context) throw new Error('this browser draws on no canvas');
  return context;
}

export function portOf(window: Window): Port {
  return {
    scale: window.scale,
    offsetX: window.offsetX,
    offsetY: window.offsetY,
    width: window.width,
    height: window.height,
    bounds: window.bounds,
  };
}

export class Screen {
  #context: Context;
  #kept: Surface | undefined;
  #keptPort: Port | undefined;
  #cost = 0;
  #drawnAt = 0;
  ratio = 1;
  /** What is on the screen has been moved there, and is to be drawn properly. */
  rough = false;
  /** Milliseconds that the last whole picture took. */
  get cost(): number {
    return this.#cost;
  }

  constructor(
    readonly surface: Surface,
    private readonly makeSurface: (width: number, height: number) => Surface,
  ) {
    this.#context = contextOf(surface, false);
  }

  resize(width: number, height: number, ratio: number) {
    this.ratio = ratio;
    this.surface.width = Math.max(1, Math.round(width * ratio));
    this.surface.height = Math.max(1, Math.round(height * ratio));
    this.#kept = undefined;
    this.#keptPort = undefined;
  }

  /** `moving`: only the camera has changed since the last picture. Yields whether all was drawn. */
  draw(window: Window, model: Model, moving: boolean, now: number): boolean {
    const kept = this.#keptPort;
    const dear = this.#cost > CHEAP_MS;
    const late = now - this.#drawnAt > Math.max(140, this.#cost * 5);
    if (moving && dear && kept && this.#kept && !late && this.#move(window, model, kept, this.#kept)) {
      this.rough = true;
      return false;
    }
    this.#whole(window, model, now, moving);
    return true;
  }

  /** Whether a rough picture has rested long enough to be drawn properly. */
  rested(movedAt: number, now: number): boolean {
    return this.rough && now - movedAt >= REST_MS;
  }

  #whole(window: Window, model: Model, now: number, moving: boolean) {
    const pen = this.#context;
    const before = performance.now();
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.globalAlpha = 1;
    pen.fillStyle = model.look.background;
    pen.fillRect(0, 0, window.width, window.height);
    const port = portOf(window);
    paint(pen as Pen, port, model);
    const took = performance.now() - before;
    this.#cost = this.#cost ? this.#cost * 0.6 + took * 0.4 : took;
    this.#drawnAt = now;
    this.rough = false;
    if (this.#cost > CHEAP_MS && moving) this.#keep(port);
    else this.#keptPort = undefined;
  }

  /** Before the first move over a dear map: what is on the screen is kept, so that it can be moved. */
  keepNow(window: Window) {
    if (!this.#keptPort && this.#cost > CHEAP_MS && !this.rough) this.#keep(portOf(window));
  }

  #keep(port: Port) {
    this.#kept ??= this.makeSurface(this.surface.width, this.surface.height);
    const context = contextOf(this.#kept, false);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.surface as CanvasImageSource, 0, 0);
    this.#keptPort = port;
  }

  #move(window: Window, model: Model, kept: Port, picture: Surface): boolean {
    const pen = this.#context;
    const factor = window.scale / kept.scale;
    if (factor < 0.5 || factor > 2) return false;
    const port = portOf(window);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.globalAlpha = 1;
    if (Math.abs(factor - 1) > 1e-6) {
      pen.fillStyle = model.look.background;
      pen.fillRect(0, 0, this.surface.width, this.surface.height);
      const x = (window.offsetX - kept.offsetX * factor) * this.ratio;
      const y = (window.offsetY - kept.offsetY * factor) * this.ratio;
      pen.imageSmoothingEnabled = false;
      pen.drawImage(picture as CanvasImageSource, x, y, this.surface.width * factor, this.surface.height * factor);
      return true;
    }
    const dx = Math.round((port.offsetX - kept.offsetX) * this.ratio);
    const dy = Math.round((port.offsetY - kept.offsetY) * this.ratio);
    if (Math.abs(dx) > this.surface.width * 0.5 || Math.abs(dy) > this.surface.height * 0.5) return false;
    pen.drawImage(picture as CanvasImageSource, dx, dy);
    const shiftX = dx / this.ratio;
    const shiftY = dy / this.ratio;
    if (dx > 0) this.#strip(port, model, 0, 0, shiftX, window.height);
    else if (dx < 0) this.#strip(port, model, window.width + shiftX, 0, -shiftX, window.height);
    if (dy > 0) this.#strip(port, model, 0, 0, window.width, shiftY);
    else if (dy < 0) this.#strip(port, model, 0, window.height + shiftY, window.width, -shiftY);
    return true;
  }

  #strip(port: Port, model: Model, x: number, y: number, width: number, height: number) {
    const pen = this.#context;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.save();
    pen.beginPath();
    pen.rect(x, y, width, height);
    pen.clip();
    pen.fillStyle = model.look.background;
    pen.fillRect(x, y, width, height);
    const toMap = (value: number, offset: number) => (value - offset) / port.scale;
    paint(
      pen as Pen,
      {
        ...port,
        bounds: {
          left: toMap(x, port.offsetX),
          top: toMap(y, port.offsetY),
          right: toMap(x + width, port.offsetX),
          bottom: toMap(y + height, port.offsetY),
        },
      },
      model,
    );
    pen.restore();
  }
}
