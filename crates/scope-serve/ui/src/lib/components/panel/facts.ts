// Sorts what is known of a node into the parts of a panel: what the head says, tables of their own, and the rest in the order of the registry.
import type { FieldInfo } from '#lib/api/client';
import type { Attribute } from '#lib/live/messages';

export interface Fact {
  key: string;
  label: string;
  about: string;
  unit: string;
  show: string;
  value: Attribute;
}

export interface Tables {
  ports: Record<string, Attribute>[];
  networks: Record<string, Attribute>[];
  mounts: Record<string, Attribute>[];
  disks: Record<string, Attribute>[];
  labels: [string, string][];
  env: [string, string][];
}

const HEAD = new Set(['state', 'health', 'health_failing_streak', 'health_output', 'health_checked_at']);
/** What is only worth a line where it is so. */
const UNSAID = new Set<Attribute>([null, '', false]);
const TABLES = new Set(['ports', 'networks', 'mounts', 'disks', 'labels', 'env']);

type Registry = ReadonlyMap<string, FieldInfo>;
type Attrs = Readonly<Record<string, Attribute>>;

/** The facts that have no place of their own. */
export function plainFacts(attrs: Attrs, registry: Registry): Fact[] {
  return Object.entries(attrs)
    .filter(([key, value]) => !HEAD.has(key) && !TABLES.has(key) && !UNSAID.has(value) && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => ({ field: registry.get(key), key, value }))
    .sort((a, b) => (a.field?.priority ?? 1e6) - (b.field?.priority ?? 1e6) || (a.key < b.key ? -1 : 1))
    .map(({ field, key, value }) => ({
      key,
      label: field?.label ?? key.replaceAll('_', ' '),
      about: field?.description ?? '',
      unit: field?.unit ?? (key.endsWith('_at') ? 'time' : typeof value === 'number' ? 'number' : 'text'),
      show: field?.show ?? (key.endsWith('_at') ? 'time_ago' : 'text'),
      value,
    }));
}

export function tablesOf(attrs: Attrs): Tables {
  return {
    ports: things(attrs['ports']),
    networks: things(attrs['networks']),
    mounts: things(attrs['mounts']),
    disks: things(attrs['disks']),
    labels: pairs(attrs['labels']),
    env: pairs(attrs['env']),
  };
}

/** A list of maps; a plain text in it is its name. */
function things(value: Attribute | undefined): Record<string, Attribute>[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => {
    if (typeof item === 'string' || typeof item === 'number') return [{ name: String(item) }];
    return item !== null && typeof item === 'object' && !Array.isArray(item) ? [item] : [];
  });
}

/** A map as pairs by key. Environments may be lists of names, or of `NAME=value`. */
function pairs(value: Attribute | undefined): [string, string][] {
  if (Array.isArray(value)) {
    return value
      .filter((item): item is string => typeof item === 'string')
      .map((item): [string, string] => {
        const at = item.indexOf('=');
        return at < 0 ? [item, ''] : [item.slice(0, at), item.slice(at + 1)];
      })
      .sort(byKey);
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .map(([key, item]): [string, string] => [key, item === null ? '' : typeof item === 'string' ? item : JSON.stringify(item)])
    .sort(byKey);
}

const byKey = ([a]: [string, string], [b]: [string, string]) => (a < b ? -1 : a > b ? 1 : 0);

export const textOf = (value: Attribute | undefined): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
