// What is being written in the filter's line, what the server says of it as it grows, and what it would find. The place in the URL changes only when it is
// added.
import { ask, ApiError, type Found } from '#lib/api/client';
import { append } from '#lib/model/filter/compose';
import type { Proposal } from '#lib/model/filter/complete';
import { faultOf, offsetOf, type Fault } from '#lib/model/filter/fault';
import { termsOf } from '#lib/model/filter/terms';
import { navigator } from '#lib/state/navigator.svelte';

export type Line =
  | { what: 'proposal'; proposal: Proposal }
  | { what: 'hit'; hit: Found['hits'][number] }
  | { what: 'view'; view: string; count: number }
  | { what: 'why' };

/** Nobody who writes wants an answer to each letter. */
const QUIET = 250;
const HITS = 5;

export class Draft {
  text = $state('');
  /** What is wrong, with the place in `text`. */
  fault = $state.raw<Fault | undefined>();
  found = $state.raw<Found | undefined>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  /** The words alone, without fields: what a search over everything can be asked. */
  readonly words: string = $derived(
    termsOf(this.text)
      .filter((term) => term.field === undefined && !term.negated && !term.group)
      .map((term) => term.value ?? '')
      .join(' ')
      .trim(),
  );

  clear() {
    this.text = '';
    this.fault = this.found = undefined;
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  /** The text changed: ask the server about it once it rests. */
  changed(filter: string) {
    this.fault = undefined;
    clearTimeout(this.#timer);
    this.#asking?.abort();
    if (!this.text.trim()) {
      this.found = undefined;
      return;
    }
    this.#timer = setTimeout(() => {
      const asking = (this.#asking = new AbortController());
      void this.#check(filter, asking.signal, false);
      void this.#search(asking.signal);
    }, QUIET);
  }

  /** Whether the server can read it; where it cannot, `fault` says why. Where no server answers it holds: the view itself will say so. */
  async holds(filter: string): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    await this.#check(filter, asking.signal, true);
    return this.fault === undefined;
  }

  lines(proposals: Proposal[]): Line[] {
    const lines: Line[] = proposals.map((proposal) => ({ what: 'proposal', proposal }));
    const found = this.found;
    if (!found || !this.words) return lines;
    for (const hit of found.hits) lines.push({ what: 'hit', hit });
    for (const [view, count] of Object.entries(found.views)) if (count > 0) lines.push({ what: 'view', view, count });
    if (!found.views[navigator.place.view]) lines.push({ what: 'why' });
    return lines;
  }

  async #check(filter: string, signal: AbortSignal, whole: boolean) {
    const text = this.text;
    try {
      await ask(`views/${encodeURIComponent(navigator.place.view)}`, { filter: append(filter, text), limit: 1 }, { signal });
      if (!signal.aborted) this.fault = undefined;
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError) || error.status !== 400) return;
      const fault = faultOf(error.message);
      const before = append(filter, text).length - text.trim().length;
      const at = fault.at === undefined ? undefined : offsetOf(append(filter, text), fault.at) - before;
      // What is still being written is not wrong yet: an end that is missing says nothing new.
      if (!whole && at !== undefined && at >= text.trimEnd().length) return;
      this.fault = at === undefined || at < 0 ? { message: fault.message } : { message: fault.message, at };
    }
  }

  async #search(signal: AbortSignal) {
    const words = this.words;
    if (words.length < 2) {
      this.found = undefined;
      return;
    }
    try {
      const found = await ask<Found>('search', { q: words, limit: HITS }, { signal });
      if (!signal.aborted) this.found = found;
    } catch {
      // Proposals go on without it; what is broken about the server is said elsewhere.
      if (!signal.aborted) this.found = undefined;
    }
  }
}
