/** Whether a match is being played, by the match's own time: an old match that is sent today is not. Milliseconds. */

import { AHEAD_MS } from './format';

/** Longer than the break, when feeds may be silent. */
export const LIVE_MS = 20 * 60_000;
/** From kick-off to the end of a shoot-out. */
const LONGEST_MS = 4 * 3_600_000;

export interface Played {
  firstEventAt: string;
  lastEventAt: string;
  /** When an event was received last; where it is not known, only the match's own time counts. */
  lastActivityAt?: string;
}

function isNear(at: number, now: number, before: number): boolean {
  return at > now - before && at < now + AHEAD_MS;
}

export function isLive({ firstEventAt, lastEventAt, lastActivityAt }: Played, now: number): boolean {
  const last = Date.parse(lastEventAt);
  if (last < now + AHEAD_MS) return isNear(last, now, LIVE_MS);
  // One event has a wrong clock, so the last one says nothing. The match has begun lately, and events come in.
  const received = lastActivityAt === undefined || isNear(Date.parse(lastActivityAt), now, LIVE_MS);
  return received && isNear(Date.parse(firstEventAt), now, LONGEST_MS);
}
