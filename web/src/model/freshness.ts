/** Whether the numbers on the page are current, in words that are true. Times in milliseconds by the server's clock. */

import { clockOrDay, seconds, span } from './format';

/** `asOf`: everything before it is counted. `heardAt`: when the service said so. `storeAway`: it says that it cannot
 * read what is stored. */
export type Link =
  | { state: 'connecting'; asOf?: number }
  | { state: 'open'; asOf: number; heardAt: number; storeAway?: boolean }
  | { state: 'lost'; asOf?: number };

export interface Freshness {
  level: 'waiting' | 'current' | 'behind' | 'stale';
  text: string;
  detail: string;
}

/** What the service itself may be behind, and its heartbeats may be apart, before it is worth a word. */
export const BEHIND_AFTER_MS = 5000;
export const SILENT_AFTER_MS = 12_000;

export function freshness(link: Link, now: number): Freshness {
  if (link.state === 'connecting') return { level: 'waiting', text: 'Connecting', detail: 'No numbers yet.' };
  if (link.state === 'lost') {
    if (link.asOf === undefined) {
      return { level: 'stale', text: 'Not connected', detail: 'The service cannot be reached. Trying again.' };
    }
    return stale('Reconnecting', link.asOf, now, 'The service cannot be reached. Trying again.');
  }
  if (now - link.heardAt > SILENT_AFTER_MS) return stale('No answer', link.asOf, now, 'The service is silent.');
  if (link.storeAway) {
    return stale('Store away', link.asOf, now, 'The store does not answer. Events are still taken in.');
  }
  const behind = Math.max(0, link.heardAt - link.asOf);
  if (behind > BEHIND_AFTER_MS) {
    return {
      level: 'behind',
      text: `${span(behind)} behind`,
      detail: `Events are arriving faster than they are counted. Counted up to ${clockOrDay(link.asOf, now)}.`,
    };
  }
  return {
    level: 'current',
    text: 'Connected',
    detail: `As of ${clockOrDay(link.asOf, now)}, ${span(behind)} behind.`,
  };
}

function stale(state: string, asOf: number, now: number, why: string): Freshness {
  return {
    level: 'stale',
    text: `${state} · updated ${seconds(Math.max(1000, now - asOf))} ago`,
    detail: `${why} The numbers are those of ${clockOrDay(asOf, now)}.`,
  };
}
