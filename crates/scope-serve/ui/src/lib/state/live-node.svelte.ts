// One node kept current: the subscription, what is in it, and the course of its figures.
import { ask, ApiError, route, type NodeFull } from '../api/client';
import { Series } from '../model/series';
import type { FullNode, NodeMessage } from '../live/messages';
import { Hold } from '../live/hold';
import { Subscription, type Status } from '../live/subscription';

export class LiveNode {
  /** What is known of it; stays as it was when the node is gone. */
  full = $state.raw<FullNode | undefined>();
  metrics = $state.raw<Readonly<Record<string, number>>>({});
  connections = $state.raw<(number | null)[][]>([]);
  connectionMetrics = $state.raw<string[]>([]);
  problems = $state.raw<NodeFull['problems']>([]);
  /** Rises when anything changed. */
  version = $state(0);
  status = $state<Status>('connecting');
  why = $state('');
  retryAt = $state<number | undefined>();
  /** Whether the server has answered. */
  loaded = $state(false);
  /** The server knows no such node, and nothing that could become one. */
  strange = $state(false);
  /** Whether the node exists at the moment. */
  exists = $state(false);
  /** When it went, if it was seen to go. */
  goneAt = $state<string | undefined>();
  /** Of when it is what is shown, in milliseconds of this clock. */
  asOf = $state<number | undefined>();

  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- series are no reactive state: `version` is
  readonly #series = new Map<string, Series>();
  readonly #subscription: Subscription<NodeMessage>;
  readonly #abort = new AbortController();
  readonly #hold = new Hold<NodeMessage>(
    (message) => this.#take(message),
    () => this.#subscription.restart(),
  );

  constructor(readonly id: string) {
    this.#subscription = new Subscription<NodeMessage>(
      (resume) => route('subscribe', { node: id, resume }),
      {
        message: (message) => this.#hold.take(message, !this.loaded),
        status: (status, why, retryAt) => {
          this.status = status;
          this.why = why ?? '';
          this.retryAt = retryAt;
        },
      },
      () => this.#refusal(),
    );
  }

  /** The course of a figure; empty where there is none yet. */
  series(metric: string): Series {
    let series = this.#series.get(metric);
    if (!series) this.#series.set(metric, (series = new Series()));
    return series;
  }

  /** Nothing moves until `resume`. What was not there yet comes all the same: as it is when it comes. */
  pause() {
    this.#hold.pause();
  }

  resume() {
    this.#hold.resume();
  }

  retry() {
    this.#subscription.retry();
  }

  end() {
    this.#abort.abort();
    this.#subscription.end();
  }

  #take(message: NodeMessage) {
    if (message.type === 'snapshot') this.connectionMetrics = message.connection_metrics;
    if (message.type === 'snapshot' || message.type === 'change') {
      const existed = this.exists;
      this.exists = Boolean(message.full.node);
      this.loaded = true;
      this.strange = false;
      if (this.exists || !this.full) {
        this.full = message.full;
        this.metrics = message.metrics;
        this.connections = message.connections;
      }
      if (this.exists) this.goneAt = undefined;
      else if (existed) this.goneAt = message.at;
      // History comes with the first look, and again when there was a break.
      if (this.exists && (!existed || message.type === 'snapshot')) void this.#remember();
      if (this.exists) this.#add(message.at, message.metrics);
    } else if (message.type === 'figures') {
      const moved = message.metrics ?? {};
      const metrics: Record<string, number> = { ...this.metrics };
      for (const [name, value] of Object.entries(moved)) {
        if (value === null) delete metrics[name];
        else metrics[name] = value;
      }
      this.metrics = metrics;
      // What did not move has the same value now: a line that stops would say that nothing is known.
      this.#add(message.at, metrics);
      if (message.connections?.length) {
        const connections = this.connections.map((row) => [...row]);
        for (const [place, figure, value] of message.connections) {
          const row = connections[place];
          if (row) row[figure] = value;
        }
        this.connections = connections;
      }
    } else return;
    this.asOf = Date.now();
    this.version += 1;
  }

  #add(at: string, metrics: Readonly<Record<string, number>>) {
    const time = Date.parse(at);
    for (const [name, value] of Object.entries(metrics)) this.series(name).add(time, value);
  }

  async #remember() {
    try {
      const full = await ask<NodeFull>(`nodes/${encodeURIComponent(this.id)}`, {}, { signal: this.#abort.signal });
      for (const { name, points, latest } of full.metrics) this.series(name).remember(points ?? [], latest ?? []);
      this.problems = full.problems;
      this.version += 1;
    } catch {
      // Without it the lines begin now.
    }
  }

  /** Browsers do not say why a socket was refused: ask in the open. A node that is not there is no refusal. */
  async #refusal(): Promise<string | undefined> {
    try {
      await ask(`nodes/${encodeURIComponent(this.id)}`);
      return undefined;
    } catch (error) {
      this.strange = error instanceof ApiError && error.status === 404;
      return error instanceof ApiError && error.status >= 400 && error.status < 500 && ![404, 429].includes(error.status)
        ? error.message
        : undefined;
    }
  }
}
