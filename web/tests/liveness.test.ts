import { describe, expect, it } from 'vitest';
import { isLive } from '../src/model/liveness';

const NOW = Date.parse('2024-01-15T15:00:00Z');

function live(firstEventAt: string, lastEventAt: string, lastActivityAt = '2024-01-15T15:00:00Z'): boolean {
  return isLive({ firstEventAt, lastEventAt, lastActivityAt }, NOW);
}

describe('a match is live', () => {
  it('while its own time is near now, in the break, too', () => {
    expect(live('2024-01-15T14:00:00Z', '2024-01-15T14:59:00Z')).toBe(true);
    expect(live('2024-01-15T14:00:00Z', '2024-01-15T14:45:00Z', '2024-01-15T14:45:00Z')).toBe(true);
    expect(live('2024-01-15T13:00:00Z', '2024-01-15T14:39:00Z')).toBe(false);
  });

  it('not because it is received now', () => {
    expect(live('2019-05-01T19:00:00Z', '2019-05-01T20:50:00Z')).toBe(false);
  });

  it('with a clock that is ahead by a little, not by more', () => {
    expect(live('2024-01-15T14:00:00Z', '2024-01-15T15:02:00Z')).toBe(true);
    expect(live('2024-01-15T15:10:00Z', '2024-01-15T15:10:00Z')).toBe(false);
  });

  it('although one of its events is of the year 2099', () => {
    expect(live('2024-01-15T14:00:00Z', '2099-01-01T00:00:00Z')).toBe(true);
    expect(live('2024-01-15T14:00:00Z', '2099-01-01T00:00:00Z', '2024-01-15T14:20:00Z')).toBe(false);
    expect(live('2019-05-01T19:00:00Z', '2099-01-01T00:00:00Z')).toBe(false);
    expect(live('2099-01-01T00:00:00Z', '2099-01-01T00:00:00Z')).toBe(false);
  });
});
