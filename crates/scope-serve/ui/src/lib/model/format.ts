// Figures, times and values as people read them, in the units of the field registry and as the command writes them. Plain text out; what comes from outside
// goes through `visible`.
import { getLocale } from '#lib/paraglide/runtime';
import type { Attribute } from '../live/messages';
import { visible } from './visible';

/** What is known of a field; `FieldInfo` is one. */
export interface Measure {
  unit: string;
  show?: string;
}

/** Keeps a figure and its unit on one line. */
const GAP = '\u00a0';
const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const THOUSANDS = ['', 'k', 'M', 'G', 'T'];
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const YEAR = 365.25 * DAY;
const SPANS: [unit: 'year' | 'day' | 'hour' | 'minute' | 'second', seconds: number][] = [
  ['year', YEAR],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', 1],
];

/** The shortest that is one form for all spans: in German the narrow units are `5h` and `22 Min.`, and `vor 5 Std.` goes with neither. */
const unitsOf = (locale: string) => (locale.startsWith('en') ? 'narrow' : 'short');

export class Format {
  readonly #whole: Intl.NumberFormat;
  readonly #tenths: Intl.NumberFormat;
  readonly #tenth: Intl.NumberFormat;
  readonly #hundredths: Intl.NumberFormat;
  readonly #percent: Intl.NumberFormat;
  readonly #percentTenths: Intl.NumberFormat;
  readonly #grouped: Intl.NumberFormat;
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #moment: Intl.DateTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #spans: Map<string, Intl.NumberFormat>;

  /** `regional` is how the reader's own country writes times of the day: 24 hours or 12. */
  constructor(
    readonly locale: string,
    regional = locale,
  ) {
    this.#whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, useGrouping: false });
    this.#tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, useGrouping: false });
    this.#tenth = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false });
    this.#hundredths = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, useGrouping: false });
    this.#percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0, useGrouping: false });
    this.#percentTenths = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1, useGrouping: false });
    this.#grouped = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    this.#relative = new Intl.RelativeTimeFormat(locale, { style: unitsOf(locale), numeric: 'always' });
    this.#moment = new Intl.DateTimeFormat(regional, { dateStyle: 'medium', timeStyle: 'medium' });
    this.#clock = new Intl.DateTimeFormat(regional, { timeStyle: 'medium' });
    this.#spans = new Map(
      SPANS.map(([unit]) => [unit, new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: unitsOf(locale) })]),
    );
  }

  /** A figure in its unit, short: `122.4 MiB`, `24.5%`, `210 µs`. */
  figure(value: number, unit: string): string {
    if (!Number.isFinite(value)) return '–';
    switch (unit) {
      case 'bytes':
        return this.#scaled(value, 1024, BYTES, GAP);
      case 'bytes_per_second':
        return `${this.#scaled(value, 1024, BYTES, GAP)}/s`;
      case 'percent':
      case 'percent_of_core':
        return (Math.abs(value) >= 99.95 ? this.#percent : this.#percentTenths).format(value / 100);
      case 'cores':
        // Limits are often a small part of one.
        return Math.abs(value) < 1 ? this.#hundredths.format(value) : this.#short(value);
      case 'per_second':
        return `${this.#scaled(value, 1000, THOUSANDS, '')}/s`;
      case 'micros':
        if (Math.abs(value) < 1000) return `${this.#short(value)}${GAP}µs`;
        if (Math.abs(value) < 1e6) return `${this.#short(value / 1e3)}${GAP}ms`;
        return this.duration(value / 1e6);
      case 'seconds':
        return this.duration(value);
      case 'count':
        return Math.abs(value) < 100_000 ? this.#short(value) : this.#scaled(value, 1000, THOUSANDS, '');
      default:
        return Number.isInteger(value) ? this.#whole.format(value) : this.#short(value);
    }
  }

  /** A count for prose, with thousands apart: `12,345`. */
  count(value: number): string {
    return this.#grouped.format(value);
  }

  /** A span of seconds in its largest units, `parts` of them at most. */
  duration(seconds: number, parts = 1): string {
    const sign = seconds < 0 ? '-' : '';
    let left = Math.abs(seconds);
    if (left < MINUTE) return `${sign}${this.#span(left < 10 ? Math.round(left * 10) / 10 : Math.floor(left), 'second')}`;
    const said: string[] = [];
    for (const [unit, length] of SPANS) {
      // Two years are told in days: 1 y says too little.
      if (unit === 'year' && left < 2 * YEAR) continue;
      const whole = Math.floor(left / length);
      if (whole === 0 && said.length === 0) continue;
      if (whole > 0) said.push(this.#span(whole, unit));
      left -= whole * length;
      if (whole === 0 || said.length === parts) break;
    }
    return `${sign}${said.join(' ')}`;
  }

  /** How long before `now` (milliseconds): `3m ago`. */
  ago(at: string, now: number): string {
    const then = Date.parse(at);
    if (Number.isNaN(then)) return visible(at);
    const seconds = (now - then) / 1000;
    const [unit, length] = SPANS.find(([unit, length]) => Math.abs(seconds) >= (unit === 'year' ? 2 * YEAR : length)) ?? ['second', 1];
    // Clocks differ by less than a second without anything being from the future.
    return this.#relative.format(seconds < 0 && seconds > -1 ? -0 : -Math.trunc(seconds / length), unit);
  }

  /** The time that has passed, without `ago`: for uptimes. */
  since(at: string, now: number, parts = 2): string {
    const then = Date.parse(at);
    return Number.isNaN(then) ? visible(at) : this.duration(Math.max(0, Math.floor((now - then) / 1000)), parts);
  }

  /** A point in time with its date. */
  moment(at: string | number): string {
    const then = typeof at === 'number' ? at : Date.parse(at);
    return Number.isNaN(then) ? visible(String(at)) : this.#moment.format(then);
  }

  /** A time of the day. */
  clock(at: number): string {
    return this.#clock.format(at);
  }

  /** An attribute as text on one line, whatever it is. */
  value(value: Attribute, measure: Measure, now: number): string {
    if (value === null) return '';
    if (typeof value === 'number') return this.figure(value, measure.unit);
    if (typeof value === 'string') return measure.unit === 'time' && measure.show === 'time_ago' ? this.ago(value, now) : visible(value);
    if (typeof value === 'boolean') return String(value);
    // A port that is published for IPv4 and for IPv6 reads alike, and is told once.
    const alike = (item: Attribute, at: number, all: Attribute[]) =>
      typeof item !== 'object' || all.findIndex((other) => thing(other) === thing(item)) === at;
    if (Array.isArray(value))
      return value
        .filter(alike)
        .map((item) => thing(item))
        .join(measure.show === 'text' ? ' ' : ', ');
    return Object.entries(value)
      .map(([key, item]) => `${visible(key)}=${typeof item === 'string' ? visible(item) : visible(JSON.stringify(item))}`)
      .join(', ');
  }

  #span(value: number, unit: string): string {
    return this.#spans.get(unit)?.format(value).replace(' ', GAP) ?? '';
  }

  /** At most one digit after the point, none from 100 on. */
  #short(value: number): string {
    return (Math.abs(value) >= 99.95 ? this.#whole : this.#tenths).format(value);
  }

  #scaled(value: number, step: number, units: string[], gap: string): string {
    let scaled = value;
    let at = 0;
    // 999.96 would be written 1000.
    while (Math.abs(scaled) >= step - 0.05 && at + 1 < units.length) {
      scaled /= step;
      at += 1;
    }
    const unit = units[at] ?? '';
    const figure = at === 0 ? this.#short(scaled) : Math.abs(scaled) >= 99.95 ? this.#whole.format(scaled) : this.#tenth.format(scaled);
    return unit ? `${figure}${gap}${unit}` : figure;
  }
}

/** A thing in a list: its name, a port with where it is published, or whatever says it shortest. */
function thing(item: Attribute): string {
  if (typeof item === 'string') return visible(item);
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return visible(JSON.stringify(item));
  const { name, port, host_port, host_ip, proto } = item;
  if (typeof name === 'string') return visible(name);
  if (typeof port === 'number') {
    const end = `${port}/${typeof proto === 'string' ? visible(proto) : 'tcp'}`;
    if (typeof host_port !== 'number') return end;
    const all = typeof host_ip !== 'string' || host_ip === '' || host_ip === '0.0.0.0' || host_ip === '::';
    return `${all ? '' : `${visible(host_ip)}:`}${host_port}→${end}`;
  }
  return visible(JSON.stringify(item));
}

/** In the language of the page. Another language loads the page anew. */
const locale = getLocale();
const own = typeof navigator === 'undefined' ? undefined : navigator.languages?.find((language) => language.startsWith(`${locale}-`));
export const format = new Format(locale, own);
