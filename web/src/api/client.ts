/** Requests to the service that served this page. Paths are relative to the page: a proxy may serve it below a path. */

import { signal } from '@preact/signals';
import type { Readiness } from './types';

/** Another service may be served by the same host below another path. */
const KEY = `fanfinity.key ${new URL('.', document.baseURI).pathname}`;

/** The status of an answer that is not what was asked for; 0 when there was none. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

/** True while the service wants a key that it was not given. */
export const keyWanted = signal(false);

/** Empty: none. Kept for this tab only. */
export const accessKey = signal(sessionStorage.getItem(KEY) ?? '');

export function keepKey(key: string): void {
  sessionStorage.setItem(KEY, key);
  accessKey.value = key;
  keyWanted.value = false;
}

/** Throws a Failure unless the answer is one of success. The body must then be read. */
export async function request(path: string, accept: string, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  const key = accessKey.peek();
  if (key) headers.Authorization = `Bearer ${key}`;
  let response: Response;
  try {
    response = await fetch(path, { headers, signal, cache: 'no-store' });
  } catch {
    throw new Failure(0, 'The service cannot be reached.');
  }
  if (response.ok) return response;
  if (response.status === 401 || response.status === 403) keyWanted.value = true;
  throw new Failure(response.status, `The service answered ${response.status}.`);
}

const DEADLINE_MS = 12_000;

/** Answers within `deadline`, body and all, or fails. */
async function inTime<T>(
  ask: (stop: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  deadline = DEADLINE_MS,
): Promise<T> {
  const limit = AbortSignal.timeout(deadline);
  const abort = new AbortController();
  const stop = () => abort.abort();
  for (const source of [signal, limit]) source.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await ask(abort.signal);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(0, 'The answer was cut off.');
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

export function getJson<T>(path: string, signal: AbortSignal, deadline?: number): Promise<T> {
  return inTime(async (stop) => (await request(path, 'application/json', stop)).json() as Promise<T>, signal, deadline);
}

export function getText(path: string, signal: AbortSignal, deadline?: number): Promise<string> {
  return inTime(async (stop) => (await request(path, 'text/plain', stop)).text(), signal, deadline);
}

/** A path of a match, whatever its id holds. */
export function matchPath(matchId: string, rest: string): string {
  return `api/matches/${encodeURIComponent(matchId)}/${rest}`;
}

/** A service that is not ready says why, with 503. */
export function readiness(signal: AbortSignal, deadline?: number): Promise<Readiness> {
  const ask = async (stop: AbortSignal) => {
    const response = await fetch('ready', { signal: stop, cache: 'no-store' }).catch(() => undefined);
    if (!response || (response.status !== 200 && response.status !== 503))
      throw new Failure(0, 'The service cannot be reached.');
    return (await response.json()) as Readiness;
  };
  return inTime(ask, signal, deadline);
}
