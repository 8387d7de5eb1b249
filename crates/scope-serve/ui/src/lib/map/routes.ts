// Ways around boxes: where the plain curve of a link would run behind a node that it has nothing to do with, it goes by the corners of what is in the way.
// Geometry alone; the same boxes yield the same ways.
import { meets, type Obstacles } from './obstacles';
import { connect, toward } from './plain-curve';

/** A curve that comes nearer to a box than this runs behind it, to the eye. */
const CLEAR = 3;
/** Ways keep so far off; where there is room, further. Boxes of a cluster are 14 apart. */
const KEEP = 6.5;
const AIRY = [26, 14] as const;
/** Between ways that go by the same corner. */
const LANE = 6;
/** Ways do not leave the map further than this: what lies beyond is not in sight. */
const BEYOND = 16;
/** So far from each other links end at a side, as long as there is room. */
const SLOT = 7;
const SLOTS = [0, SLOT, -SLOT, 2 * SLOT, -2 * SLOT] as const;
/** How far a way goes straight out of a side, as far as that is free. */
const STUBS = [48, 26, 14, KEEP] as const;
/** What a bend costs, and turning round at an end, in units of length. */
const BEND = 24;
const TURN = 60;
/** So many boxes at most are gone around at once, and so many times others are met on the way. */
const BOXES_MOST = 28;
const ROUNDS = 12;
/** So many boxes are looked at for all links of a map, some 80 ms: what is left then runs as it would without. */
const LOOKS = 3_000_000;

/** A link that wants a way: its boxes as left, top, width and height, and what they are boxes of. `aside` moves both ends along their sides. */
export interface Wanted {
  a: Float32Array;
  b: Float32Array;
  from: number;
  to: number;
  aside: number;
}

type Point = [x: number, y: number];
/** Left, top, right, bottom. */
type Box = readonly [number, number, number, number];

interface Port {
  at: Point;
  /** Which side of its box: left, right, top, bottom. */
  side: number;
  /** Away from the box. */
  dx: number;
  dy: number;
  stub: Point;
}

export class Routes {
  /** How much was looked at so far. */
  looks = 0;
  /** How many ways go by each corner already. */
  #lanes = new Map<number, number>();
  /** Where links end already, by the box and its side. */
  #taken = new Map<string, number[]>();

  constructor(private readonly obstacles: Obstacles) {}

  /** The pieces of each link's curve, eight numbers for each piece. Those that are in nobody's way have their places first. */
  of(links: readonly Wanted[]): Float32Array[] {
    const met: Set<number>[] = [];
    const curves = links.map(({ a, b, from, to, aside }) => {
      const plain = new Float32Array(8);
      connect(a, b, plain, 0, aside);
      const behind = this.#along(plain, from, to);
      met.push(behind);
      if (!behind.size) this.#take(from, to, boxOf(a), boxOf(b), [plain[0]!, plain[1]!], [plain[6]!, plain[7]!]);
      return plain;
    });
    return curves.map((plain, at) => (met[at]!.size ? this.#around(links[at]!, plain, met[at]!) : plain));
  }

  #around({ a, b, from, to, aside }: Wanted, plain: Float32Array, met: ReadonlySet<number>): Float32Array {
    const own: [Box, Box] = [boxOf(a), boxOf(b)];
    // What lies over an end cannot be gone around.
    const inTheWay = (boxes: readonly number[]) => boxes.filter((box) => !own.some((one) => over(one, this.#box(box))));
    const around = new Set(inTheWay([...met]));
    let way: Corner[] | undefined;
    for (let round = 0; round < ROUNDS && around.size && around.size <= BOXES_MOST && this.looks < LOOKS; round++) {
      const boxes = [...around].sort((x, y) => x - y);
      const next = this.#shortest(own, [from, to], boxes, aside);
      if (!next) break;
      way = next;
      for (let i = 1; i < way.length; i++) {
        const [[x0, y0], [x1, y1]] = [way[i - 1]!.at, way[i]!.at];
        for (const box of inTheWay(this.obstacles.onLine(x0, y0, x1, y1, KEEP - 0.5, from, to))) around.add(box);
      }
      if (around.size === boxes.length) break;
    }
    if (!way) return plain;
    this.#take(from, to, ...own, way[0]!.at, way.at(-1)!.at);
    const curve = this.#round(this.#airy(way), own, from, to);
    // Where no way is free, the one of the two that runs behind less.
    return this.#along(curve, from, to).size < met.size ? curve : plain;
  }

  #box(box: number): Box {
    return this.obstacles.boxes.subarray(box * 4, box * 4 + 4) as unknown as Box;
  }

  /** The boxes that a curve runs behind. */
  #along(curve: Float32Array, from: number, to: number): Set<number> {
    const met = new Set<number>();
    for (let at = 0; at < curve.length; at += 8) {
      // A curve stays within its four points.
      const left = Math.min(curve[at]!, curve[at + 2]!, curve[at + 4]!, curve[at + 6]!) - CLEAR;
      const right = Math.max(curve[at]!, curve[at + 2]!, curve[at + 4]!, curve[at + 6]!) + CLEAR;
      const top = Math.min(curve[at + 1]!, curve[at + 3]!, curve[at + 5]!, curve[at + 7]!) - CLEAR;
      const bottom = Math.max(curve[at + 1]!, curve[at + 3]!, curve[at + 5]!, curve[at + 7]!) + CLEAR;
      const near = this.obstacles.within(left, top, right, bottom, from, to);
      if (!near.length) continue;
      sampled(curve, at, (x0, y0, x1, y1) => {
        for (const box of near) if (this.obstacles.meets(box, x0, y0, x1, y1, CLEAR)) met.add(box);
      });
      this.looks += near.length * SAMPLES;
    }
    return met;
  }

  /** The shortest way from a side of one box to a side of the other, by the corners of what is in between. */
  #shortest(own: [Box, Box], codes: [number, number], around: number[], aside: number): Corner[] | undefined {
    const boxes = [...own, ...around.map((box) => this.#box(box))].map(([l, t, r, b]): Box => [l - KEEP, t - KEEP, r + KEEP, b + KEEP]);
    const inner = Float64Array.from(boxes.flatMap(([l, t, r, b]) => [l + 0.5, t + 0.5, r - 0.5, b - 0.5]));
    const free = (x0: number, y0: number, x1: number, y1: number, but = -1) => {
      for (let at = 0; at < inner.length; at += 4) {
        if (at !== but * 4 && meets(x0, y0, x1, y1, inner[at]!, inner[at + 1]!, inner[at + 2]!, inner[at + 3]!)) return false;
      }
      return true;
    };
    const ports = own.map((box, at) =>
      portsOf(box, middle(own[1 - at]!), aside).flatMap((port): Port[] => {
        const place = this.#slot(codes[at]!, port, box);
        for (const out of STUBS) {
          const stub: Point = [place[0] + port.dx * out, place[1] + port.dy * out];
          if ((out === KEEP || this.obstacles.holds(stub[0], stub[1], BEYOND)) && free(place[0], place[1], stub[0], stub[1], at))
            return [{ ...port, at: place, stub }];
        }
        return [];
      }),
    ) as [Port[], Port[]];
    const [starts, ends] = ports;
    const corners: Corner[] = [];
    boxes.forEach(([l, t, r, b], at) => {
      const key = at < 2 ? -1 : around[at - 2]! * 4;
      const put = (x: number, y: number, corner: number, dx: number, dy: number) => {
        if (free(x, y, x, y)) corners.push({ at: [x, y], key: key < 0 ? -1 : key + corner, dx, dy });
      };
      put(l, t, 0, -1, -1);
      put(r, t, 1, 1, -1);
      put(l, b, 2, -1, 1);
      put(r, b, 3, 1, 1);
    });
    // Each place is left for good once it is the nearest; its number says what it is: a start, a corner, an end.
    const places: Point[] = [...starts.map(({ stub }) => stub), ...corners.map(({ at }) => at), ...ends.map(({ stub }) => stub)];
    const [firstEnd, count] = [starts.length + corners.length, places.length];
    const cost = new Float64Array(count).fill(Infinity);
    const came = new Int32Array(count).fill(-1);
    const done = new Uint8Array(count);
    starts.forEach(({ at, stub }, i) => (cost[i] = distance(at, stub) * 0.5));
    let last = -1;
    let shortest = Infinity;
    /** At least so far it is from each place to the end. */
    const left = places.map((place) => ends.reduce((least, { stub }) => Math.min(least, distance(place, stub)), Infinity));
    for (;;) {
      let here = -1;
      let least = shortest;
      for (let i = 0; i < firstEnd; i++) {
        if (done[i] || cost[i]! + left[i]! >= least) continue;
        here = i;
        least = cost[i]! + left[i]!;
      }
      if (here < 0) break;
      done[here] = 1;
      const [x, y] = places[here]!;
      for (let next = starts.length; next < count; next++) {
        if (done[next]) continue;
        const [nx, ny] = places[next]!;
        const way = Math.hypot(nx - x, ny - y);
        if (way < 0.01 && next < firstEnd) continue;
        let total = cost[here]! + way + BEND;
        if (here < starts.length) total += turn(nx - x, ny - y, starts[here]!.dx, starts[here]!.dy);
        if (next >= firstEnd) total += turn(x - nx, y - ny, ends[next - firstEnd]!.dx, ends[next - firstEnd]!.dy);
        if (total >= cost[next]! || total + left[next]! >= shortest) continue;
        this.looks += boxes.length;
        if (!free(x, y, nx, ny)) continue;
        cost[next] = total;
        came[next] = here;
        if (next >= firstEnd) [last, shortest] = [next, total];
      }
    }
    if (last < 0) return undefined;
    const fixed = (at: Point): Corner => ({ at, key: -1, dx: 0, dy: 0 });
    const way: Corner[] = [fixed(ends[last - firstEnd]!.at), fixed(places[last]!)];
    let at = came[last]!;
    for (; at >= starts.length; at = came[at]!) way.push({ ...corners[at - starts.length]! });
    way.push(fixed(places[at]!), fixed(starts[at]!.at));
    return way.reverse();
  }

  #take(from: number, to: number, a: Box, b: Box, start: Point, end: Point) {
    for (const [code, [l, t, r, bottom], [x, y]] of [
      [from, a, start],
      [to, b, end],
    ] as const) {
      const off = [x - l, r - x, y - t, bottom - y];
      const side = off.indexOf(Math.min(...off));
      const key = `${code}/${side}`;
      const place = side < 2 ? y : x;
      const taken = this.#taken.get(key);
      if (taken) taken.push(place);
      else this.#taken.set(key, [place]);
    }
  }

  /** Where at a side a way ends: where it would, or beside those that end there. */
  #slot(code: number, { at: [x, y], side }: Omit<Port, 'stub'>, [l, t, r, b]: Box): Point {
    const taken = this.#taken.get(`${code}/${side}`) ?? [];
    for (const off of SLOTS) {
      const place = (side < 2 ? y : x) + off;
      const inside = side < 2 ? place > t + SLOT && place < b - SLOT : place > l + SLOT && place < r - SLOT;
      if (inside && taken.every((one) => Math.abs(one - place) > SLOT - 1)) return side < 2 ? [x, place] : [place, y];
    }
    return [x, y];
  }

  /** Where there is room, ways keep away from corners, and from each other. */
  #airy(way: Corner[]): Corner[] {
    for (let i = 2; i < way.length - 2; i++) {
      const { at, key, dx, dy } = way[i]!;
      if (key < 0) continue;
      const lane = this.#lanes.get(key) ?? 0;
      this.#lanes.set(key, lane + 1);
      for (const off of [...AIRY.map((one) => one + lane * LANE), ...(lane ? [LANE] : [])]) {
        const moved: Point = [at[0] + dx * (off - KEEP), at[1] + dy * (off - KEEP)];
        if (!this.obstacles.holds(moved[0], moved[1], BEYOND)) continue;
        const met = [way[i - 1]!, way[i + 1]!].flatMap((beside) =>
          this.obstacles.onLine(moved[0], moved[1], beside.at[0], beside.at[1], KEEP - 0.5, NaN, NaN),
        );
        if (met.length) continue;
        way[i] = { at: moved, key, dx, dy };
        break;
      }
    }
    return way;
  }

  /** Makes bends of corners: as wide as there is room. */
  #round(way: Corner[], own: [Box, Box], from: number, to: number): Float32Array {
    const points = way.map(({ at }) => at);
    const pieces: number[] = [];
    let here = points[0]!;
    const lineTo = (there: Point) => {
      if (distance(here, there) > 0.01) pieces.push(...here, ...share(here, there, 1 / 3), ...share(here, there, 2 / 3), ...there);
      here = there;
    };
    const bend = new Float32Array(8);
    for (let i = 1; i < points.length - 1; i++) {
      const corner = points[i]!;
      const [before, after] = [points[i - 1]!, points[i + 1]!];
      // At the ends there is no other bend to leave room for.
      let back = i === 1 ? 0.9 : 0.5;
      let on = i === points.length - 2 ? 0.9 : 0.5;
      let bent = false;
      for (let tries = 0; tries < 7 && !bent; tries++, back *= 0.7, on *= 0.7) {
        const [start, end] = [share(corner, before, back), share(corner, after, on)];
        bend.set([...start, ...share(start, corner, 2 / 3), ...share(end, corner, 2 / 3), ...end]);
        if (this.#along(bend, from, to).size || behind(bend, own)) continue;
        lineTo(start);
        pieces.push(...bend);
        here = end;
        bent = true;
      }
      if (!bent) lineTo(corner);
    }
    lineTo(points.at(-1)!);
    return Float32Array.from(pieces);
  }
}

interface Corner {
  at: Point;
  /** Which corner of which box; none is -1. Its direction leads away from the box. */
  key: number;
  dx: number;
  dy: number;
}

const boxOf = ([l = 0, t = 0, w = 0, h = 0]: Float32Array): Box => [l, t, l + w, t + h];
const middle = ([l, t, r, b]: Box): Point => [(l + r) / 2, (t + b) / 2];
const over = (a: Box, b: Box) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
const distance = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const share = (a: Point, b: Point, of: number): Point => [a[0] + (b[0] - a[0]) * of, a[1] + (b[1] - a[1]) * of];

/** What it costs to leave in a direction that is not straight out of the side. */
function turn(x: number, y: number, dx: number, dy: number): number {
  const length = Math.hypot(x, y);
  return length < 0.01 ? 0 : TURN * (1 - (x * dx + y * dy) / length);
}

/** Where a way may begin: at each side, nearer to where it leads. */
function portsOf([l, t, r, b]: Box, [ox, oy]: Point, aside: number): Omit<Port, 'stub'>[] {
  const [x, y] = [(l + r) / 2, (t + b) / 2];
  const px = x + toward(ox - x, r - l) + aside;
  const py = y + toward(oy - y, b - t) + aside;
  return [
    { at: [l, py], side: 0, dx: -1, dy: 0 },
    { at: [r, py], side: 1, dx: 1, dy: 0 },
    { at: [px, t], side: 2, dx: 0, dy: -1 },
    { at: [px, b], side: 3, dx: 0, dy: 1 },
  ];
}

const SAMPLES = 16;

/** A curve as short lines. */
function sampled(c: Float32Array, at: number, each: (x0: number, y0: number, x1: number, y1: number) => void) {
  let x = c[at]!;
  let y = c[at + 1]!;
  for (let step = 1; step <= SAMPLES; step++) {
    const t = step / SAMPLES;
    const u = 1 - t;
    const [p, q, r, s] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
    const nx = p * c[at]! + q * c[at + 2]! + r * c[at + 4]! + s * c[at + 6]!;
    const ny = p * c[at + 1]! + q * c[at + 3]! + r * c[at + 5]! + s * c[at + 7]!;
    each(x, y, nx, ny);
    x = nx;
    y = ny;
  }
}

/** Whether a bend runs behind one of its own ends. */
function behind(bend: Float32Array, own: readonly Box[]): boolean {
  let found = false;
  sampled(bend, 0, (...line) => (found ||= own.some(([l, t, r, b]) => meets(...line, l - 0.5, t - 0.5, r + 0.5, b + 0.5))));
  return found;
}
