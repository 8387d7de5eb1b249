// The view that is on the page, and the one that is on its way: what is shown stays until its successor has something to show. Pausing outlives both.
import { LiveView, type Question } from './live-view.svelte';

class Current {
  /** What is shown. */
  view = $state.raw<LiveView | undefined>();
  /** What was asked for and has not arrived. */
  next = $state.raw<LiveView | undefined>();
  paused = $state(false);
  /** Of when it is what stands still, in milliseconds of this clock. */
  pausedAt = $state(0);
  /** The one whose state matters: the connection of what somebody asked for last. */
  readonly asked: LiveView | undefined = $derived(this.next ?? this.view);

  ask(question: Question) {
    this.next?.end();
    const coming = new LiveView(question);
    if (this.view) this.next = coming;
    else this.view = coming;
  }

  /** The successor takes over. */
  arrive() {
    if (!this.next) return;
    this.view?.end();
    this.view = this.next;
    this.next = undefined;
    if (this.paused) this.view.pause();
  }

  end() {
    this.next?.end();
    this.view?.end();
    this.next = this.view = undefined;
  }

  togglePause() {
    this.paused = !this.paused;
    this.pausedAt = Date.now();
    if (this.paused) this.view?.pause();
    else this.view?.resume();
  }
}

export const current = new Current();
