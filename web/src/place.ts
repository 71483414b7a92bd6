/** How far somebody had come in the list of matches, kept for Back and for a reload of the page. */

import type { MatchPage, MatchSummary } from './api/types';

export interface Place {
  page?: MatchPage;
  older: MatchSummary[];
  cursor?: string;
  wanted: string;
  scroll: number;
}

const KEY = 'fanfinity.places';
const MOST_PLACES = 8;
const places = new Map<string, Place>(stored());

function stored(): [string, Place][] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
  } catch {
    return [];
  }
}

// The page puts it right when the matches are there.
history.scrollRestoration = 'manual';
window.addEventListener('pagehide', () => {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...places].slice(-MOST_PLACES)));
  } catch {
    // There is no room: after a reload the list begins at the top.
  }
});

/** The place that belongs to the current entry of the tab's history. Its members may be changed. */
export function placeHere(): Place {
  const key: string = history.state?.place ?? Math.random().toString(36).slice(2);
  const place = places.get(key) ?? { older: [], wanted: '', scroll: 0 };
  history.replaceState({ ...history.state, place: key }, '');
  places.delete(key);
  places.set(key, place);
  for (const oldest of [...places.keys()].slice(0, -MOST_PLACES)) places.delete(oldest);
  return place;
}
