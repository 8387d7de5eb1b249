// Where somebody is, from the URL, and how to go elsewhere: every change of place is a change of the URL.
import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import { page } from '$app/state';
import { HOME, readPlace, writePlace, type Place } from '../model/place';

class Navigator {
  readonly place: Place = $derived(readPlace(page.params['view'] ?? HOME.view, page.url.searchParams));

  /** The link to a place that differs from this one in `changes`. Another view forgets what belonged to the one before. */
  link(changes: Partial<Place>): string {
    const here = this.place;
    const other = changes.view !== undefined && changes.view !== here.view;
    const kept: Partial<Place> = other ? { camera: undefined, open: [], hide: [], focus: '', groupBy: '', clusterBy: '', show: [] } : {};
    const place: Place = { ...here, ...kept, ...changes };
    const query = writePlace(place).toString();
    return `${resolve('/view/[view]', { view: place.view })}${query ? `?${query}` : ''}`;
  }

  /** Goes there. `replace` leaves no step to go back to: for cameras and other things that change all the time. */
  go(changes: Partial<Place>, replace = false) {
    // eslint-disable-next-line svelte/no-navigation-without-resolve -- `link` resolves
    return goto(this.link(changes), { replaceState: replace, keepFocus: true, noScroll: true });
  }

  /** Opens a panel on top of the others; one that is open already comes to the top. */
  select(id: string) {
    return this.go({ selection: [...this.place.selection.filter((one) => one !== id), id].slice(-8) });
  }

  close(id: string) {
    return this.go({ selection: this.place.selection.filter((one) => one !== id) });
  }
}

export const navigator = new Navigator();
