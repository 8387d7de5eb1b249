// Asks the server, and turns its problem details into errors that say what to do. No state, no sockets.
import { base } from '$app/paths';
import { m } from '#lib/paraglide/messages';
import type { components } from './schema';

export type Schemas = components['schemas'];
export type ViewInfo = Schemas['ViewInfo'];
export type FieldInfo = Schemas['FieldOut'];
export type AgentInfo = Schemas['AgentOut'];
export type Trouble = Schemas['TroubleOut'];
export type WhoAmI = Schemas['WhoAmI'];
export type NodeFull = Schemas['NodeFull'];
export type Found = Schemas['Found'];
export type GraphPage = Schemas['GraphPage'];

/** An answer that is no success. `status` is 0 where nothing answered at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export type Query = Record<string, string | number | boolean | undefined | null>;

/** The address of a route, with the base path that the server goes by; parameters that are absent or empty are left out. */
export function route(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `${base}/api/v1/${path}${text ? `?${text}` : ''}`;
}

let csrf: string | undefined;

/** What a browser's session sends with each change. */
export function rememberCsrf(token: string | undefined | null) {
  csrf = token ?? undefined;
}

/** Asks, and yields the answer as JSON. Fails with an `ApiError`. */
export async function ask<T>(path: string, query: Query = {}, init: RequestInit & { json?: unknown } = {}): Promise<T> {
  const { json, ...rest } = init;
  const headers = new Headers(rest.headers);
  headers.set('accept', 'application/json');
  if (json !== undefined) {
    headers.set('content-type', 'application/json');
    rest.body = JSON.stringify(json);
  }
  if (csrf && rest.method && rest.method !== 'GET') headers.set('x-scope-csrf', csrf);
  let answer: Response;
  try {
    answer = await fetch(route(path, query), { ...rest, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    // Browsers say no more than that, each in its own words.
    throw new ApiError(0, m.break_no_answer());
  }
  if (answer.status === 204) return undefined as T;
  const body: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) {
    const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : answer.statusText;
    throw new ApiError(answer.status, detail);
  }
  return body as T;
}
