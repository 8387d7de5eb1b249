// Home: the containers, or the first steps where no agent has ever spoken.
import { redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import { ask, type AgentInfo } from '#lib/api/client';

export async function load() {
  const known = await ask<{ agents: AgentInfo[] }>('agents').catch(() => undefined);
  redirect(307, known?.agents.length === 0 ? resolve('/start') : resolve('/view/[view]', { view: 'containers' }));
}
