/** The server's clock: whether numbers are current must not depend on how the viewer's own clock is set. */

import { getJson } from './client';

const AGAIN_AFTER_MS = 60_000;
const DEADLINE_MS = 3000;
let offset = 0;
let readAt = Number.NEGATIVE_INFINITY;
let reading: Promise<void> | undefined;

export function serverNow(): number {
  return Date.now() + offset;
}

async function read(): Promise<void> {
  const sent = performance.now();
  try {
    const { timestamp } = await getJson<{ timestamp: string }>('health', new AbortController().signal, DEADLINE_MS);
    const halfWay = (performance.now() - sent) / 2;
    offset = Date.parse(timestamp) + halfWay - Date.now();
    readAt = sent;
  } catch {
    // The feed itself tells that the service is away.
  } finally {
    reading = undefined;
  }
}

/** Reads the server's clock unless that was done a moment ago. Keeps what it knows when that fails. */
export function syncClock(): Promise<void> {
  if (performance.now() - readAt < AGAIN_AFTER_MS) return Promise.resolve();
  reading ??= read();
  return reading;
}
