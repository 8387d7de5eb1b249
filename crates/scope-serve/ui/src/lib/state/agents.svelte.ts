// The agents and what they could not see, asked again every few seconds while somebody looks. What was known stays when an answer fails.
import { ask, ApiError, type AgentInfo, type Trouble } from '../api/client';
import { catalogue } from './catalogue.svelte';

const EVERY = 2000;
const AFTER_FAILURE = 5000;

export class Agents {
  agents = $state.raw<AgentInfo[]>([]);
  problems = $state.raw<Trouble[]>([]);
  loaded = $state(false);
  /** When the last answer came, in milliseconds of this clock. */
  heardAt = $state<number | undefined>();
  /** Why the last answer failed. */
  error = $state('');
  /** What is known is of then: the last answer failed. */
  readonly asOf = $derived(this.error ? this.heardAt : undefined);
  readonly troubles: ReadonlyMap<string, number> = $derived(
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- made anew each time, never changed
    this.problems.reduce((counts, { agent }) => counts.set(agent, (counts.get(agent) ?? 0) + 1), new Map<string, number>()),
  );
  /** Why an agent was not forgotten. */
  refusal = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor() {
    void this.look();
    document.addEventListener('visibilitychange', this.#seen);
  }

  /** Now, instead of when it is due. */
  look = async () => {
    clearTimeout(this.#timer);
    try {
      const [agents, problems] = await Promise.all([ask<{ agents: AgentInfo[] }>('agents'), ask<{ problems: Trouble[] }>('problems')]);
      if (this.#ended) return;
      this.agents = agents.agents;
      this.problems = problems.problems;
      this.loaded = true;
      this.heardAt = Date.now();
      this.error = '';
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) void catalogue.load();
      this.error = error instanceof Error ? error.message : String(error);
    }
    if (!this.#ended && document.visibilityState === 'visible') this.#timer = setTimeout(this.look, this.error ? AFTER_FAILURE : EVERY);
  };

  /** What an agent that has ended said is gone then. */
  async forget(agent: string) {
    this.refusal = '';
    try {
      await ask(`agents/${encodeURIComponent(agent)}`, {}, { method: 'DELETE' });
    } catch (error) {
      this.refusal = error instanceof Error ? error.message : String(error);
    }
    await this.look();
  }

  #seen = () => {
    if (document.visibilityState === 'visible') void this.look();
  };

  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#seen);
  }
}
