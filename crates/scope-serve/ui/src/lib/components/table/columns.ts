// The columns that a table can have: from the field registry by kind, what nodes bring that the registry does not know, and a few that come from the graph
// itself. Which of them somebody chose is kept in choice.ts; what stands in them comes from rows.ts.
import type { FieldInfo } from '#lib/api/client';

export interface Column {
  key: string;
  label: string;
  /** One line on what it says. */
  about: string;
  unit: string;
  show: string;
  /** Pixels that it takes at least. */
  width: number;
  /** Figures stand right, and the first click puts the largest on top. */
  numeric: boolean;
  /** Whether it is there without being asked for. */
  usual: boolean;
}

/** Words for the columns that no registry names. */
export interface Words {
  name: string;
  condition: string;
  kind: string;
  parents: string;
  members: string;
  connections: string;
  from: string;
  to: string;
  ports: string;
  names: string;
  commands: string;
}

type Registry = ReadonlyMap<string, FieldInfo>;

const NUMERIC = new Set(['bytes', 'bytes_per_second', 'percent', 'percent_of_core', 'count', 'per_second', 'micros', 'seconds', 'number']);
const WIDTHS: Readonly<Record<string, number>> = { bar: 118, spark: 92, number: 78, time_ago: 78, list: 140, table: 150, text: 104 };
const WIDE: Readonly<Record<string, number>> = { image: 150, command: 180, digests: 180, id: 180, kernel: 140, os: 150 };
// What a first look at a table takes in; the rest is a click away.
const MOST = 11;

/** At least what its head takes, with the arrow of the order; a long head is cut. */
const roomFor = (label: string, width: number) => Math.max(width, Math.min(140, Math.ceil(label.length * 6.6) + 32));

const fromRegistry = (field: FieldInfo): Column => ({
  key: field.name,
  label: field.label,
  about: field.description,
  unit: field.unit,
  show: field.show,
  width: roomFor(field.label, WIDE[field.name] ?? WIDTHS[field.show] ?? 104),
  numeric: NUMERIC.has(field.unit),
  usual: !field.hidden && field.unit !== 'list',
});

/** Of what nobody described: the ending of its name says its unit, as in the registry. */
function unknown(key: string, isFigure: boolean): Column {
  const unit = !isFigure
    ? key.endsWith('_at')
      ? 'time'
      : 'text'
    : key.endsWith('_bytes_per_sec')
      ? 'bytes_per_second'
      : key.endsWith('_bytes') || key.endsWith('_bytes_total')
        ? 'bytes'
        : key.endsWith('_pct')
          ? 'percent'
          : key.endsWith('_per_sec')
            ? 'per_second'
            : key.endsWith('_us')
              ? 'micros'
              : key.endsWith('_secs')
                ? 'seconds'
                : 'number';
  const show = unit === 'time' ? 'time_ago' : unit === 'percent' ? 'bar' : isFigure ? 'number' : 'text';
  return { key, label: key.replaceAll('_', ' '), about: '', unit, show, width: WIDTHS[show] ?? 104, numeric: isFigure, usual: false };
}

const own = (key: string, label: string, rest: Partial<Column>): Column => ({
  key,
  label,
  about: '',
  unit: 'text',
  show: 'text',
  width: 104,
  numeric: false,
  usual: true,
  ...rest,
});

/** The columns for nodes of some kinds. `figures` and `facts` are what they have at all: what nobody has is no column. */
export function nodeColumns(
  registry: Registry,
  kinds: ReadonlySet<string>,
  figures: readonly string[],
  facts: ReadonlySet<string>,
  grouped: boolean,
  words: Words,
): Column[] {
  const present = new Set([...figures, ...facts]);
  const applies = (field: FieldInfo) => field.kinds.length === 0 || field.kinds.some((kind) => kinds.has(kind));
  const known = [...registry.values()].filter((field) => present.has(field.name) && applies(field)).sort((a, b) => a.priority - b.priority);
  const columns = known.map(fromRegistry);
  const listed = new Set(columns.map((column) => column.key));
  // A share of a whole stands in the bar of the figure already, and what has started was created shortly before.
  const said = new Set([listed.has('mem_bytes') ? 'mem_pct' : '', listed.has('started_at') ? 'created_at' : '']);
  for (const column of columns) column.usual &&= !said.has(column.key);
  let usual = 0;
  for (const column of columns) if (column.usual && ++usual > MOST) column.usual = false;
  // What something belongs to comes before its figures, as names do.
  const figure = columns.findIndex((column) => column.numeric);
  const split = figure < 0 ? columns.length : figure;
  const others = [...present].filter((key) => !listed.has(key)).sort();
  return [
    own('name', words.name, { width: 220 }),
    own('condition', words.condition, { usual: false, width: 90 }),
    ...(grouped ? [own('members', words.members, { unit: 'count', show: 'number', numeric: true, width: 78 })] : []),
    own('kind', words.kind, { usual: kinds.size > 1, width: 90 }),
    ...columns.slice(0, split),
    own('parents', words.parents, { unit: 'list', show: 'list', width: 104, usual: !grouped }),
    ...columns.slice(split),
    own('connections', words.connections, { unit: 'count', show: 'number', numeric: true, width: 96 }),
    ...others.map((key) => unknown(key, figures.includes(key))),
    own('id', registry.get('id')?.label ?? 'ID', { usual: false, width: 180 }),
  ];
}

/** The columns for connections. */
export function edgeColumns(registry: Registry, figures: readonly string[], words: Words): Column[] {
  const described = (key: string) => {
    const field = registry.get(key);
    return field ? { ...fromRegistry(field), usual: true } : unknown(key, true);
  };
  return [
    own('name', words.from, { width: 180 }),
    own('to', words.to, { width: 180 }),
    own('ports', words.ports, { unit: 'list', show: 'list', width: 80 }),
    own('server_names', words.names, { unit: 'list', show: 'list', width: 130 }),
    ...figures.map(described),
    described('since'),
    own('commands', words.commands, { unit: 'list', show: 'list', width: 130, usual: false }),
    { ...described('seen_by'), usual: false },
  ];
}
