import { describe, expect, it, vi } from 'vitest';

vi.stubGlobal('location', { hash: '' });
const { matchLink, parseRoute } = await import('../src/route');

describe('the address', () => {
  it.each(['match-1', 'a/b', 'Barça–Alavés 2018', '<script>', '100%', '#?&', 'line\u2028separator', '⚽'])(
    'leads to %s and back',
    (matchId) => {
      expect(parseRoute(matchLink(matchId))).toEqual({ view: 'match', matchId });
    },
  );

  it.each(['', '#', '#/', '#/match/', '#/match/%E0%A4%A', '#/nowhere'])('leads to the list otherwise: %s', (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'matches' });
  });
});
