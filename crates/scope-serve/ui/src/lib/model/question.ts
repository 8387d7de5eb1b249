// What a place asks the server for. Not how it is asked, nor what is done with the answer.
import type { Place } from './place';

const STOPPED = 'stopped';

/** What is shown although the view leaves it out. What stopped because it failed is a problem, and whoever wants problems wants to see it. */
export function showOf(
  place: Pick<Place, 'view' | 'show' | 'onlyProblems'>,
  views: readonly { name: string; hides: { name: string }[] }[],
): string[] {
  const hides = views.find(({ name }) => name === place.view)?.hides ?? [];
  const shown = place.show.includes('all') || place.show.includes(STOPPED);
  return place.onlyProblems && !shown && hides.some(({ name }) => name === STOPPED) ? [...place.show, STOPPED] : place.show;
}
