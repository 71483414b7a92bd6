/** Where in the dashboard one is: the part of the address behind '#', so that it survives a reload. */

import { signal } from '@preact/signals';

export type Route = { view: 'matches' } | { view: 'match'; matchId: string } | { view: 'system' };

export function parseRoute(hash: string): Route {
  if (hash === '#/system') return { view: 'system' };
  const match = /^#\/match\/(.+)$/s.exec(hash);
  if (match?.[1]) {
    try {
      return { view: 'match', matchId: decodeURIComponent(match[1]) };
    } catch {
      return { view: 'matches' };
    }
  }
  return { view: 'matches' };
}

export function matchLink(matchId: string): string {
  return `#/match/${encodeURIComponent(matchId)}`;
}

export const route = signal<Route>(parseRoute(location.hash));

export function followAddress(): void {
  window.addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash);
  });
}
