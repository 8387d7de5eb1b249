// Where somebody is, from the URL, and how to go elsewhere: every change of place is a change of the URL.
import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import { page } from '$app/state';
import { HOME, readPlace, writePlace, type Place } from '../model/place';

/** A step that the browser has not taken yet. */
interface Step {
  readonly place: Place;
  readonly replace: boolean;
}

/** Where the page was replaced to without the router: it knows the address that it went to itself, `from`. */
interface Replaced {
  readonly from: URL;
  readonly url: URL;
}

class Navigator {
  #replaced = $state.raw<Replaced | undefined>();
  /** The address as it is. */
  readonly url: URL = $derived(this.#replaced?.from === page.url ? this.#replaced.url : page.url);
  readonly place: Place = $derived(readPlace(page.params['view'] ?? HOME.view, this.url.searchParams));
  #ahead: Step | undefined;

  /** Where somebody is, or will be once the step under way is taken: what the next step starts from, so that two in quick succession both count. */
  get ahead(): Place {
    return this.#ahead?.place ?? this.place;
  }

  /** The link to a place that differs from this one in `changes`. */
  link(changes: Partial<Place>): string {
    return address(changed(this.place, changes));
  }

  /** Goes there. `replace` leaves no step to go back to: for cameras and other things that change all the time. */
  async go(changes: Partial<Place>, replace = false) {
    // A step that was to be kept is kept by the one that overtakes it.
    const step: Step = { place: changed(this.ahead, changes), replace: replace && (this.#ahead?.replace ?? true) };
    if (step.replace && !this.#ahead && this.#replace(step.place)) return;
    this.#ahead = step;
    try {
      // eslint-disable-next-line svelte/no-navigation-without-resolve -- `address` resolves
      await goto(address(step.place), { replaceState: step.replace, keepFocus: true, noScroll: true });
    } finally {
      if (this.#ahead === step) this.#ahead = undefined;
    }
  }

  /**
   * Changes the address alone: the router would go through all that belongs to a page, have it laid out twice, and scroll it to where it is. What it keeps with
   * the step stays, so that coming back there it reads the address as it is. Nothing while somebody is on the way elsewhere.
   */
  #replace(place: Place): boolean {
    if (place.view !== this.place.view || location.href !== this.url.href) return false;
    history.replaceState(history.state, '', address(place));
    this.#replaced = { from: page.url, url: new URL(location.href) };
    return true;
  }

  /** Opens a panel on top of the others; one that is open already comes to the top. */
  select(id: string) {
    return this.go({ selection: [...this.ahead.selection.filter((one) => one !== id), id].slice(-8) });
  }

  close(id: string) {
    return this.go({ selection: this.ahead.selection.filter((one) => one !== id) });
  }
}

/** Another view forgets what belonged to the one before; the few that are wrong stand elsewhere than among all. */
function changed(here: Place, changes: Partial<Place>): Place {
  const other = changes.view !== undefined && changes.view !== here.view;
  const kept: Partial<Place> = other ? { camera: undefined, open: [], hide: [], focus: '', groupBy: '', clusterBy: '', show: [] } : {};
  const apart = changes.onlyProblems !== undefined && changes.onlyProblems !== here.onlyProblems;
  return { ...here, ...kept, ...(apart ? { camera: undefined } : {}), ...changes };
}

function address(place: Place): string {
  const query = writePlace(place).toString();
  return `${resolve('/view/[view]', { view: place.view })}${query ? `?${query}` : ''}`;
}

export const navigator = new Navigator();
