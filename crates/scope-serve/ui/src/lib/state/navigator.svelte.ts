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

class Navigator {
  readonly place: Place = $derived(readPlace(page.params['view'] ?? HOME.view, page.url.searchParams));
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
    this.#ahead = step;
    try {
      // eslint-disable-next-line svelte/no-navigation-without-resolve -- `address` resolves
      await goto(address(step.place), { replaceState: step.replace, keepFocus: true, noScroll: true });
    } finally {
      if (this.#ahead === step) this.#ahead = undefined;
    }
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
