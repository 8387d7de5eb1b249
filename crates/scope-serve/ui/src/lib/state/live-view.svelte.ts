// A view kept current: the subscription, the graph, and a version that components depend on. The graph itself is no reactive state: it is far too large.
import { ask, ApiError, route } from '../api/client';
import { Hold } from '../live/hold';
import { Subscription, type Status } from '../live/subscription';
import type { ViewMessage } from '../live/messages';
import { Graph, type Applied } from '../model/graph';
import { withMore } from '../model/wanted';

export interface Question {
  view: string;
  filter: string;
  groupBy: string;
  show: string[];
  /** The figures of nodes that come from the beginning; all where it is absent. */
  metrics?: readonly string[] | undefined;
}

type Listener = (applied: Applied) => void;

export class LiveView {
  readonly graph = new Graph();
  /** Rises with each batch of structural changes that has been applied; read it to depend on nodes and edges. */
  structure = $state(0);
  /** Rises when figures or structure changed, at most once a frame. */
  version = $state(0);
  status = $state<Status>('connecting');
  why = $state('');
  retryAt = $state<number | undefined>();
  /** When the last message arrived, in milliseconds of this clock. */
  heardAt = $state<number | undefined>();
  /** Whether a first snapshot has arrived. */
  loaded = $state(false);
  paused = $state(false);
  /** The nodes that are shown, by number, where a part of them was asked for: whoever shows them says so. */
  part = $state.raw<ArrayLike<number> | undefined>();

  #subscription: Subscription<ViewMessage>;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
  #listeners = new Set<Listener>();
  readonly #hold = new Hold<ViewMessage>(
    (message) => this.#apply(message),
    () => this.#subscription.restart(),
  );
  #frame: number | undefined;
  #structural = false;
  #metrics: readonly string[] | undefined;
  /** More figures were wanted while nothing moves. */
  #short = false;

  constructor(readonly question: Question) {
    this.#metrics = question.metrics;
    const query = { view: question.view, filter: question.filter, group_by: question.groupBy, show: question.show.join(','), layout: true };
    this.#subscription = new Subscription<ViewMessage>(
      (resume) => route('subscribe', { ...query, metrics: this.#metrics?.join(','), resume }),
      {
        message: (message) => this.#take(message),
        status: (status, why, retryAt) => {
          this.status = status;
          this.why = why ?? '';
          this.retryAt = retryAt;
        },
      },
      async () => {
        try {
          await ask(`views/${encodeURIComponent(question.view)}`, {
            filter: question.filter,
            group_by: question.groupBy,
            show: query.show,
            limit: 1,
          });
          return undefined;
        } catch (error) {
          return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429 ? error.message : undefined;
        }
      },
    );
  }

  /** Is told of every message that has been applied, right away: for what draws by itself. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nothing moves until `resume`; what comes meanwhile is kept, or forgotten for a new snapshot where it is too much. */
  pause() {
    this.paused = true;
    this.#hold.pause();
  }

  resume() {
    this.paused = false;
    this.#hold.resume();
    if (this.#short) this.#subscription.restart();
    this.#short = false;
  }

  /** Has figures come that nodes have and that did not come yet: with a snapshot, at once, or when what is paused goes on. Names of other things are none. */
  want(names: readonly string[]) {
    const wanted = this.#metrics;
    if (!wanted) return;
    const more = names.filter((name) => !wanted.includes(name) && this.graph.otherMetrics.includes(name));
    if (more.length === 0) return;
    this.#metrics = withMore(wanted, more);
    if (this.paused) this.#short = true;
    else this.#subscription.restart();
  }

  retry() {
    this.#subscription.retry();
  }

  end() {
    this.#subscription.end();
    this.#listeners.clear();
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }

  #take(message: ViewMessage) {
    this.heardAt = Date.now();
    this.#hold.take(message, !this.loaded);
  }

  #apply(message: ViewMessage) {
    if (message.type !== 'snapshot' && message.type !== 'change' && message.type !== 'figures') return;
    const applied = this.graph.apply(message);
    this.loaded = true;
    if (message.type !== 'figures' || message.other_metrics) this.#structural = true;
    for (const listener of this.#listeners) listener(applied);
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      if (this.#structural) this.structure += 1;
      this.#structural = false;
      this.version += 1;
    });
  }
}
