// The nodes of a picture, by how large they are on it: cards with a sign, a name and a figure; bars with a gauge; specks of colour. Words last, so that
// those that matter most take their room first.
import { SHOWN } from './drawn';
import { ICONS, kindIndex, OUTLINES } from './kinds';
import { drawMark } from './marks';
import type { Pen } from './pen';
import type { Model, Port } from './picture';
import { CRITICAL, WARNING } from './protocol';

/** Heights in pixels from which nodes are cards, and bars. */
const CARD = 15;
const BAR = 5;
const DIM = 0.22;
const LONERS_MOST = 40;
/** Where more than these stand alone, that is nothing special about them. */
const LONERS_FEW = 12;
/** What stands for the outside, be it one of many. */
const OUTSIDE: ReadonlySet<number> = new Set(['internet', 'other', 'host'].map(kindIndex));
/** Of a name that does not fit, before it is cut. */
const SMALLER = 0.88;
const CORNER_SCALE = 0.7;
/** Where the middle of the sign is, and where words begin, from a card's left. */
const SIGN_AT = 16.5;
const WORDS_AT = 34;

export function drawNodes(pen: Pen, port: Port, model: Model) {
  const { scene, drawn, lit } = model;
  const { left, top, right, bottom } = port.bounds;
  const bright: number[] = [];
  const dim: number[] = [];
  for (let n = 0; n < scene.nodes; n++) {
    if (drawn.state[n] !== SHOWN) continue;
    const x = scene.x[n]!;
    const y = scene.y[n]!;
    if (x > right || y > bottom || x + scene.w[n]! < left || y + scene.h[n]! < top) continue;
    (lit && !lit.nodes.has(n) ? dim : bright).push(n);
  }
  drawAll(pen, port, model, dim, DIM);
  drawAll(pen, port, model, bright, 1);
  drawLoners(pen, port, model);
}

function drawAll(pen: Pen, port: Port, model: Model, nodes: number[], alpha: number) {
  if (!nodes.length) return;
  pen.globalAlpha = alpha;
  const height = model.scene.h[nodes[0]!]! * port.scale;
  if (height < BAR) drawSpecks(pen, port, model, nodes, alpha);
  else if (height < CARD) drawBars(pen, port, model, nodes, alpha);
  else drawCards(pen, port, model, nodes, alpha);
  pen.globalAlpha = 1;
}

/** Whether cards are so small that what stands alone is named beside its sign. */
export const lonersAreNamed = ({ clusters }: Model, scale: number): boolean => clusters.count > 0 && 42 * scale < CARD;

/** What stands in no cluster and is seen from afar. */
function lonersOf({ scene, drawn }: Model): number[] {
  const loners: number[] = [];
  for (let n = 0; n < scene.nodes; n++) if (drawn.state[n] === SHOWN && scene.cluster[n]! < 0) loners.push(n);
  const some = loners.length > LONERS_FEW ? loners.filter((n) => OUTSIDE.has(scene.kind[n]!)) : loners;
  return some.slice(0, LONERS_MOST);
}

/** What stands in no cluster of a large map, such as all of the Internet, is seen and named from afar. */
function drawLoners(pen: Pen, port: Port, model: Model) {
  const { scene, labels, look } = model;
  if (!lonersAreNamed(model, port.scale)) return;
  for (const [at, n] of lonersOf(model).entries()) {
    const x = (scene.x[n]! + scene.w[n]! / 2) * port.scale + port.offsetX;
    const y = (scene.y[n]! + scene.h[n]! / 2) * port.scale + port.offsetY;
    if (x < 0 || y < 0 || x > port.width || y > port.height) continue;
    const text = labels.cut(pen, labels.clean(scene.names[n] ?? ''), 11.5, look.font, 150, 600);
    const width = labels.width(pen, text, 11.5, look.font, 600);
    // Beside, else below, else above; over a block rather than nowhere.
    const below: [number, number] = [Math.max(8, Math.min(x - width / 2, port.width - width - 8)), y + 8];
    const places: [number, number][] = [[x + 10, y - 7], [x - 10 - width, y - 7], below, [x - width / 2, y - 23]];
    const free = places.find(([left, top]) => left > 4 && left + width < port.width - 4 && labels.take(left - 4, top, width + 8, 14));
    const place: [number, number] | undefined = text === '' ? undefined : (free ?? (at < 3 ? [below[0], y - 23] : undefined));
    pen.globalAlpha = 1;
    pen.fillStyle = look.background;
    pen.strokeStyle = colourOf(model, colourCode(model, n));
    pen.lineWidth = 1.6;
    pen.beginPath();
    OUTLINES[scene.kind[n]!]!(pen, x, y, 6);
    pen.fill();
    pen.stroke();
    if (!place) continue;
    const [left, top] = place;
    pen.globalAlpha = 0.85;
    pen.fillRect(left - 3, top, width + 6, 15);
    pen.globalAlpha = 1;
    pen.font = `600 11.5px ${look.font}`;
    pen.fillStyle = look.foreground;
    pen.fillText(text, left, top + 7.5);
  }
}

/** What a node's colour is, as a place in a palette: four of health, then kinds. */
function colourCode({ scene, colouring }: Model, n: number): number {
  return colouring === 'health' ? scene.health[n]! : 4 + scene.kind[n]!;
}

function colourOf({ look }: Model, code: number): string {
  return (code < 4 ? look.health[code as 0] : look.kinds[code - 4]) ?? look.muted;
}

function byColour(model: Model, nodes: number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const n of nodes) {
    const code = colourCode(model, n);
    const group = groups.get(code);
    if (group) group.push(n);
    else groups.set(code, [n]);
  }
  return groups;
}

function drawSpecks(pen: Pen, port: Port, model: Model, nodes: number[], alpha: number) {
  const { scene } = model;
  for (const [code, group] of byColour(model, nodes)) {
    pen.fillStyle = colourOf(model, code);
    pen.globalAlpha = alpha * (code === CRITICAL || code === WARNING ? 1 : 0.55);
    pen.beginPath();
    for (const n of group) {
      pen.rect(
        scene.x[n]! * port.scale + port.offsetX,
        scene.y[n]! * port.scale + port.offsetY,
        Math.max(1.2, scene.w[n]! * port.scale),
        Math.max(1.2, scene.h[n]! * port.scale),
      );
    }
    pen.fill();
  }
}

function drawBars(pen: Pen, port: Port, model: Model, nodes: number[], alpha: number) {
  const { scene, labels, look } = model;
  const s = port.scale;
  for (const [code, group] of byColour(model, nodes)) {
    pen.fillStyle = colourOf(model, code);
    const loud = code === CRITICAL || code === WARNING;
    pen.globalAlpha = alpha * (loud ? 0.55 : 0.28);
    pen.beginPath();
    for (const n of group)
      pen.roundRect(scene.x[n]! * s + port.offsetX, scene.y[n]! * s + port.offsetY, scene.w[n]! * s, scene.h[n]! * s, 2);
    pen.fill();
    pen.globalAlpha = alpha * (loud ? 1 : 0.6);
    pen.beginPath();
    for (const n of group) {
      const share = Math.max(0.04, gaugeOf(model, n));
      pen.rect(scene.x[n]! * s + port.offsetX, scene.y[n]! * s + port.offsetY, scene.w[n]! * s * share, scene.h[n]! * s);
    }
    pen.fill();
  }
  // Names of what is wrong, and of the largest, where there is room.
  const named = nodes
    .filter((n) => scene.health[n]! >= WARNING || scene.value[n]! > model.scene.most * 0.3)
    .sort((a, b) => scene.health[b]! - scene.health[a]! || (scene.value[b] || 0) - (scene.value[a] || 0))
    .slice(0, 120);
  pen.globalAlpha = alpha;
  pen.font = `500 11px ${look.font}`;
  for (const n of named) {
    const text = nameFor(pen, model, n, 11, 150);
    const width = labels.width(pen, text, 11, look.font, 500);
    const x = scene.x[n]! * s + port.offsetX;
    const y = (scene.y[n]! + scene.h[n]! / 2) * s + port.offsetY;
    // Beyond its cluster, it would be a name of its neighbours.
    const c = scene.cluster[n]!;
    const end = c < 0 || !model.framed ? Infinity : (model.clusters.left[c]! + model.clusters.width[c]!) * s + port.offsetX;
    if (!text || x + width + 6 > end || !labels.take(x, y - 6, width + 8, 12)) continue;
    pen.globalAlpha = alpha * 0.85;
    pen.fillStyle = look.background;
    pen.fillRect(x, y - 7, width + 6, 14);
    pen.globalAlpha = alpha;
    pen.fillStyle = scene.health[n] === CRITICAL ? look.health[CRITICAL] : look.foreground;
    pen.fillText(text, x + 3, y);
  }
}

/** The whole name where there is room, else the short one, cut if it has to be. */
function nameFor(pen: Pen, { scene, labels, look }: Model, n: number, size: number, room: number): string {
  const whole = labels.clean(scene.names[n] ?? '');
  if (labels.width(pen, whole, size, look.font, 500) <= room) return whole;
  return labels.cut(pen, labels.clean(scene.shorts[n] ?? ''), size, look.font, room, 500);
}

/** What is filled of a node: its share of the limit, else of the largest. */
function gaugeOf({ scene }: Model, n: number): number {
  const gauge = scene.gauge[n]!;
  if (gauge === gauge) return Math.min(1, gauge);
  const value = scene.value[n]!;
  return value === value && scene.most > 0 ? Math.min(1, value / scene.most) : 0;
}

/** The radius of a node's sign, in units of the map: its surface grows with the figure. */
export function signRadius(value: number, most: number): number {
  return value === value && most > 0 ? 6 + 7 * Math.sqrt(Math.max(0, value) / most) : 8;
}

function drawCards(pen: Pen, port: Port, model: Model, nodes: number[], alpha: number) {
  const { scene, look } = model;
  const s = port.scale;
  pen.fillStyle = look.surface;
  pen.strokeStyle = look.border;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const n of nodes)
    pen.roundRect(scene.x[n]! * s + port.offsetX, scene.y[n]! * s + port.offsetY, scene.w[n]! * s, scene.h[n]! * s, 6 * s);
  pen.fill();
  pen.stroke();
  for (const health of [WARNING, CRITICAL]) {
    const ill = nodes.filter((n) => scene.health[n] === health);
    if (!ill.length) continue;
    pen.strokeStyle = look.health[health as 2 | 3];
    pen.lineWidth = health === CRITICAL ? 1.6 : 1.1;
    pen.beginPath();
    for (const n of ill)
      pen.roundRect(scene.x[n]! * s + port.offsetX, scene.y[n]! * s + port.offsetY, scene.w[n]! * s, scene.h[n]! * s, 6 * s);
    pen.stroke();
  }
  for (const [code, group] of byColour(model, nodes)) drawSigns(pen, port, model, group, colourOf(model, code), alpha);
  drawNames(pen, port, model, nodes, alpha);
}

function drawSigns(pen: Pen, port: Port, model: Model, nodes: number[], colour: string, alpha: number) {
  const { scene, look } = model;
  const s = port.scale;
  const at = (n: number): [number, number, number] => [
    (scene.x[n]! + SIGN_AT) * s + port.offsetX,
    (scene.y[n]! + scene.h[n]! / 2) * s + port.offsetY,
    signRadius(scene.value[n]!, scene.most) * s,
  ];
  pen.fillStyle = pen.strokeStyle = colour;
  pen.globalAlpha = alpha * 0.2;
  pen.beginPath();
  for (const n of nodes) OUTLINES[scene.kind[n]!]!(pen, ...at(n));
  pen.fill();
  pen.globalAlpha = alpha * 0.6;
  pen.beginPath();
  for (const n of nodes) {
    const share = gaugeOf(model, n);
    if (share > 0.01) fillTo(pen, scene.kind[n]!, ...at(n), share);
  }
  pen.fill();
  pen.globalAlpha = alpha;
  pen.lineWidth = Math.max(1, 1.4 * s);
  pen.beginPath();
  for (const n of nodes) OUTLINES[scene.kind[n]!]!(pen, ...at(n));
  pen.stroke();
  if (s < 0.55) return;
  pen.strokeStyle = look.foreground;
  pen.globalAlpha = alpha * 0.85;
  pen.lineWidth = Math.max(0.9, 1.1 * s);
  pen.lineJoin = 'round';
  pen.beginPath();
  for (const n of nodes) {
    const [x, y, r] = at(n);
    ICONS[scene.kind[n]!]!(pen, x, y, Math.min(r, 13 * s));
  }
  pen.stroke();
  pen.globalAlpha = alpha;
}

/** The part of a sign below a level, from 0 to 1: a cut through a box or a disc. */
function fillTo(pen: Pen, kind: number, x: number, y: number, r: number, share: number) {
  if (kind === 0 || kind === 2) {
    const [w, h] = kind === 0 ? [0.9 * r, 0.9 * r] : [1.05 * r, 0.8 * r];
    pen.roundRect(x - w, y + h - 2 * h * share, 2 * w, 2 * h * share, Math.min(r * 0.25, h * share));
    return;
  }
  const inner = kind === 5 ? r * 0.5 : kind === 3 ? r * 0.7 : r * 0.92;
  if (share >= 0.999) {
    pen.moveTo(x + inner, y);
    pen.arc(x, y, inner, 0, 2 * Math.PI);
    return;
  }
  const half = Math.acos(1 - 2 * share);
  pen.moveTo(x + inner * Math.cos(Math.PI / 2 - half), y + inner * Math.sin(Math.PI / 2 - half));
  pen.arc(x, y, inner, Math.PI / 2 - half, Math.PI / 2 + half);
  pen.closePath();
}

function drawNames(pen: Pen, port: Port, model: Model, nodes: number[], alpha: number) {
  const { scene, labels, look, say } = model;
  const s = port.scale;
  const size = Math.max(9.5, Math.min(19, 12.5 * s));
  const small = Math.max(9.5, size * 0.84);
  const r = Math.max(4, 5.5 * Math.min(1.3, s));
  // The mark of what is wrong is at the right of a card, or on the corner of one that is too small to have words beside it.
  const onCorner = s < CORNER_SCALE;
  const markAt = onCorner ? 1 : r + 5 * s;
  const room = (n: number) => (scene.w[n]! - WORDS_AT) * s - 3 - (scene.health[n]! >= WARNING && !onCorner ? markAt + r : 0);
  const left = (n: number) => (scene.x[n]! + WORDS_AT) * s + port.offsetX;
  const middle = (n: number) => (scene.y[n]! + scene.h[n]! / 2) * s + port.offsetY;
  const figures = new Map<number, string>();
  for (const n of nodes) {
    if (scene.h[n]! * s < size + small + 8) continue;
    const value = scene.value[n]!;
    const members = scene.members[n]!;
    // Where no frame says what a node belongs to, it does so itself.
    const named = model.framed && !model.apart?.nodes.has(n);
    const cluster = named ? '' : labels.clean(model.clusters.titles[scene.cluster[n]!] ?? '');
    const figure = [cluster, members > 1 ? `×${members}` : '', value === value ? say(value) : ''].filter(Boolean).join(' · ');
    if (figure) figures.set(n, figure);
  }
  // A font is set once for all that use it: setting it costs more than writing a name.
  pen.globalAlpha = alpha;
  pen.font = `500 ${size}px ${look.font}`;
  pen.fillStyle = look.foreground;
  const write = (n: number, text: string) => pen.fillText(text, left(n), middle(n) - (figures.has(n) ? small * 0.62 : 0));
  // Rather a little smaller than cut.
  const smaller = size * SMALLER;
  const tight: number[] = [];
  for (const n of nodes) {
    const text = nameFor(pen, model, n, size, room(n));
    if (text !== labels.clean(scene.names[n] ?? '') && text !== labels.clean(scene.shorts[n] ?? '')) tight.push(n);
    else write(n, text);
  }
  if (tight.length) pen.font = `500 ${smaller}px ${look.font}`;
  for (const n of tight) write(n, nameFor(pen, model, n, smaller, room(n)));
  pen.font = `400 ${small}px ${look.font}`;
  pen.fillStyle = look.muted;
  for (const [n, figure] of figures) pen.fillText(labels.cut(pen, figure, small, look.font, room(n)), left(n), middle(n) + size * 0.58);
  for (const n of nodes) {
    if (scene.health[n]! >= WARNING) {
      const y = onCorner ? scene.y[n]! * s + port.offsetY + 1 : middle(n);
      drawMark(pen, look, scene.health[n]!, (scene.x[n]! + scene.w[n]!) * s + port.offsetX - markAt, y, r);
    }
  }
}
