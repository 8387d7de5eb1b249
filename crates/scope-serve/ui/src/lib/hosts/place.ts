// What the address says of the hosts page: search, order, what is on. And agents that a link proposes, which nobody has agreed to yet.
import { SORTS, type SortBy } from './order';

export type Look = 'cards' | 'compare';

export interface Place {
  search: string;
  sort: SortBy;
  busy: boolean;
  smooth: boolean;
  look: Look;
  debug: boolean;
}

/** More than this is no proposal but an attack. */
const MOST_PROPOSED = 64;

export function readPlace(params: URLSearchParams): Place {
  return {
    search: (params.get('q') ?? '').slice(0, 200),
    sort: SORTS.find((sort) => sort === params.get('sort')) ?? 'cpu',
    busy: params.get('busy') === 'true',
    smooth: params.get('smooth') !== 'false',
    look: params.get('look') === 'compare' ? 'compare' : 'cards',
    debug: params.get('debug') === 'true',
  };
}

/** `?agents=a,b` and `?agents=a&agents=b`. */
export function proposed(params: URLSearchParams): string {
  return params
    .getAll('agents')
    .flatMap((text) => text.split(/[\s,]+/))
    .slice(0, MOST_PROPOSED)
    .join('\n')
    .slice(0, 20_000);
}

/** `?…` or nothing: what is usual is left out, what belongs to others is kept, and proposals are dealt with by now. */
export function written(place: Place, before: URLSearchParams): string {
  const params = new URLSearchParams(before);
  params.delete('agents');
  const set = (name: string, value: string, usual: string) => (value === usual ? params.delete(name) : params.set(name, value));
  set('q', place.search, '');
  set('sort', place.sort, 'cpu');
  set('busy', String(place.busy), 'false');
  set('smooth', String(place.smooth), 'true');
  set('look', place.look, 'cards');
  set('debug', String(place.debug), 'false');
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
