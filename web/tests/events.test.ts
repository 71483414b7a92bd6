import { describe, expect, it } from 'vitest';
import type { MatchEvent } from '../src/api/types';
import { clockOf, detailOf, latestFirst, matchClock, playerOf, teamNameOf } from '../src/model/events';

function event(members: Partial<MatchEvent> = {}): MatchEvent {
  return { eventId: 'e', eventType: 'goal', timestamp: '2024-01-15T14:30:00Z', teamId: 1, ...members };
}

describe('an event in words', () => {
  it('says who, when and how, as far as the feed does', () => {
    const goal = event({
      playerId: 'p-7',
      clock: { minute: 45, stoppage: 2, period: 1 },
      metadata: { minute: '45+2', scorer: 'Zoë', score: '1-0', situation: 'penalty', assist: 'Ana' },
    });
    expect([matchClock(goal), playerOf(goal), detailOf(goal)]).toEqual(['45+2′', 'Zoë', '1-0 · penalty · assist Ana']);
    expect([matchClock(event()), playerOf(event({ playerId: 'p-7' })), detailOf(event())]).toEqual(['', 'p-7', '']);
    expect(detailOf(event({ metadata: { ownGoal: true, score: '0-1' } }))).toBe('own goal · 0-1');
    expect(detailOf(event({ eventType: 'shot', metadata: { ownGoal: true } }))).toBe('');
  });

  it('relies on nothing in the metadata', () => {
    const odd = event({
      metadata: { minute: '45', scorer: 7, name: { a: 1 }, score: ['1'], team: null, assist: '', ownGoal: 'yes' },
    });
    expect([matchClock(odd), playerOf(odd), detailOf(odd), teamNameOf(odd)]).toEqual(['', '', '', '']);
  });
});

it('the clock of a match is that of what happened last, however late it arrived', () => {
  const events = [
    event({ timestamp: '2024-01-15T14:30:00Z', clock: { minute: 30 } }),
    event({ timestamp: '2024-01-15T14:40:00+00:00', clock: { minute: 40 } }),
    event({ timestamp: '2024-01-15T14:41:00Z' }),
  ];
  expect(clockOf(events)).toBe('40′');
  expect(latestFirst(events)[0]?.clock).toBeUndefined();
  expect(clockOf([])).toBe('');
});
