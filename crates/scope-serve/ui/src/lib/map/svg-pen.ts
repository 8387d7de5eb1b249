// Writes what is drawn as a file of SVG: the same calls as a canvas takes, so that the file shows what the screen does. Text is escaped, and stays text.
import type { Pen } from './pen';

const escape = (text: string) =>
  // What XML cannot hold at all is left out; names have been made visible before.
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
const figure = (value: number) => String(Math.round(value * 100) / 100);

export class SvgPen implements Pen {
  fillStyle: string | CanvasGradient | CanvasPattern = '#000';
  strokeStyle: string | CanvasGradient | CanvasPattern = '#000';
  lineWidth = 1;
  lineCap: CanvasLineCap = 'butt';
  lineJoin: CanvasLineJoin = 'miter';
  lineDashOffset = 0;
  globalAlpha = 1;
  font = '10px sans-serif';
  textAlign: CanvasTextAlign = 'left';
  textBaseline: CanvasTextBaseline = 'middle';
  #path: string[] = [];
  #out: string[] = [];
  #dash: number[] = [];

  /** `measure` knows the widths of texts, which only a canvas does. */
  constructor(
    readonly width: number,
    readonly height: number,
    private readonly measure: Pen,
  ) {}

  toString(): string {
    const size = `width="${figure(this.width)}" height="${figure(this.height)}" viewBox="0 0 ${figure(this.width)} ${figure(this.height)}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n${this.#out.join('\n')}\n</svg>\n`;
  }

  beginPath() {
    this.#path = [];
  }
  moveTo(x: number, y: number) {
    this.#path.push(`M${figure(x)} ${figure(y)}`);
  }
  lineTo(x: number, y: number) {
    this.#path.push(`L${figure(x)} ${figure(y)}`);
  }
  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number) {
    this.#path.push(`C${[ax, ay, bx, by, x, y].map(figure).join(' ')}`);
  }
  arc(x: number, y: number, r: number, from: number, to: number) {
    const sweep = to - from;
    const at = (angle: number) => `${figure(x + r * Math.cos(angle))} ${figure(y + r * Math.sin(angle))}`;
    this.#path.push(`${this.#path.length ? 'L' : 'M'}${at(from)}`);
    if (sweep >= 2 * Math.PI - 1e-6)
      this.#path.push(`A${figure(r)} ${figure(r)} 0 1 1 ${at(from + Math.PI)}A${figure(r)} ${figure(r)} 0 1 1 ${at(from)}`);
    else this.#path.push(`A${figure(r)} ${figure(r)} 0 ${sweep > Math.PI ? 1 : 0} 1 ${at(to)}`);
  }
  rect(x: number, y: number, width: number, height: number) {
    this.#path.push(`M${figure(x)} ${figure(y)}h${figure(width)}v${figure(height)}h${figure(-width)}Z`);
  }
  roundRect(x: number, y: number, width: number, height: number, r: number) {
    const round = Math.max(0, Math.min(r, width / 2, height / 2));
    const corner = (dx: number, dy: number) => `a${figure(round)} ${figure(round)} 0 0 1 ${figure(dx * round)} ${figure(dy * round)}`;
    this.#path.push(
      `M${figure(x + round)} ${figure(y)}h${figure(width - 2 * round)}${corner(1, 1)}v${figure(height - 2 * round)}${corner(-1, 1)}h${figure(
        2 * round - width,
      )}${corner(-1, -1)}v${figure(2 * round - height)}${corner(1, -1)}Z`,
    );
  }
  closePath() {
    this.#path.push('Z');
  }
  fill() {
    if (this.#path.length) this.#out.push(`<path d="${this.#path.join('')}" fill="${this.#paint(this.fillStyle)}"${this.#alpha()}/>`);
  }
  stroke() {
    if (!this.#path.length) return;
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.map(figure).join(' ')}"` : '';
    this.#out.push(
      `<path d="${this.#path.join('')}" fill="none" stroke="${this.#paint(this.strokeStyle)}" stroke-width="${figure(this.lineWidth)}" stroke-linecap="${this.lineCap}"${dash}${this.#alpha()}/>`,
    );
  }
  fillRect(x: number, y: number, width: number, height: number) {
    if (width <= 0 || height <= 0) return;
    this.#out.push(
      `<rect x="${figure(x)}" y="${figure(y)}" width="${figure(width)}" height="${figure(height)}" fill="${this.#paint(this.fillStyle)}"${this.#alpha()}/>`,
    );
  }
  fillText(text: string, x: number, y: number) {
    if (!text) return;
    const [, weight, size, family] = /^(\d+) ([\d.]+)px (.*)$/.exec(this.font) ?? ['', '400', '12', 'sans-serif'];
    this.#out.push(
      `<text x="${figure(x)}" y="${figure(y)}" dominant-baseline="central" font-family="${escape(family ?? '')}" font-size="${figure(
        Number(size),
      )}" font-weight="${weight}" fill="${this.#paint(this.fillStyle)}"${this.#alpha()}>${escape(text)}</text>`,
    );
  }
  measureText(text: string): { width: number } {
    this.measure.font = this.font;
    return this.measure.measureText(text);
  }
  setLineDash(dash: number[]) {
    this.#dash = dash;
  }

  #alpha(): string {
    return this.globalAlpha < 1 ? ` opacity="${figure(this.globalAlpha)}"` : '';
  }
  #paint(style: string | CanvasGradient | CanvasPattern): string {
    return typeof style === 'string' ? escape(style) : '#000';
  }
}
