// What a place asks the server for. Not how it is asked, nor what is done with the answer.
import type { Place } from './place';

type Asked = Pick<Place, 'view' | 'show' | 'onlyProblems' | 'as' | 'rows'>;
interface Hide {
  name: string;
  part_of?: string | null;
}
type Views = readonly { name: string; hides: readonly Hide[] }[];

const STOPPED = 'stopped';
const ALL = 'all';
/** Processes that talk to nobody: a map is about who talks to whom, and leaves them out. A table is for finding who uses the most. */
const UNCONNECTED = 'unconnected';
/** In links: nothing is shown but what the view shows by itself. */
const NOTHING = 'none';

/** What is shown although the view leaves it out. What stopped because it failed is a problem, and whoever wants problems wants to see it. */
export function showOf(place: Asked, views: Views): string[] {
  const { show, onlyProblems, as, rows } = place;
  const hides = hidesOf(place, views);
  const shown = show.filter((one) => one !== NOTHING);
  const add = (name: string) => {
    if (!shown.includes(ALL) && !shown.includes(name) && hides.some((one) => one.name === name)) shown.push(name);
  };
  if (onlyProblems) add(STOPPED);
  if (as === 'table' && rows === 'nodes' && !show.includes(NOTHING)) add(UNCONNECTED);
  return shown;
}

/** Whether what a view leaves out is shown. */
export function isShown({ name, part_of }: Hide, shown: readonly string[]): boolean {
  return shown.some((one) => one === name || one === ALL || one === part_of);
}

/** What a link says once this is shown, or is not: what somebody asked for, without what follows from where they are. */
export function withShown(place: Asked, views: Views, name: string, on: boolean): string[] {
  const asked = place.show.filter((one) => one !== NOTHING);
  const none = name === UNCONNECTED ? !on : place.show.includes(NOTHING);
  const left = on
    ? asked.filter((one) => one !== name)
    : hidesOf(place, views)
        .filter((one) => one.name !== name && one.part_of !== name && isShown(one, asked))
        .map((one) => one.name);
  return [...(none ? [NOTHING] : []), ...left, ...(on ? [name] : [])];
}

const hidesOf = (place: Asked, views: Views) => views.find(({ name }) => name === place.view)?.hides ?? [];
