/** The server's clock: whether numbers are current must not depend on how the viewer's own clock is set. */

import { getJson } from './client';

const AGAIN_AFTER_MS = 60_000;
let offset = 0;
let readAt = Number.NEGATIVE_INFINITY;

export function serverNow(): number {
  return Date.now() + offset;
}

/** Reads the server's clock unless that was done a moment ago. Keeps what it knows when that fails. */
export async function syncClock(signal: AbortSignal): Promise<void> {
  const sent = performance.now();
  if (sent - readAt < AGAIN_AFTER_MS) return;
  try {
    const { timestamp } = await getJson<{ timestamp: string }>('health', signal);
    const halfWay = (performance.now() - sent) / 2;
    offset = Date.parse(timestamp) + halfWay - Date.now();
    readAt = sent;
  } catch {
    // The feed itself tells that the service is away.
  }
}
