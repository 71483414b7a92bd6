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
      metadata: { minute: 45, stoppage: 2, scorer: 'Zoë', score: '1-0', situation: 'penalty', assist: 'Ana' },
    });
    expect([matchClock(goal), playerOf(goal), detailOf(goal)]).toEqual(['45+2′', 'Zoë', '1-0 · penalty · assist Ana']);
    expect([matchClock(event()), playerOf(event({ playerId: 'p-7' })), detailOf(event())]).toEqual(['', 'p-7', '']);
  });

  it('relies on nothing in the metadata', () => {
    const odd = event({ metadata: { minute: '45', scorer: 7, name: { a: 1 }, score: ['1'], team: null, assist: '' } });
    expect([matchClock(odd), playerOf(odd), detailOf(odd), teamNameOf(odd)]).toEqual(['', '', '', '']);
    for (const minute of [-1, Number.NaN, 1e9]) expect(matchClock(event({ metadata: { minute } }))).toBe('');
  });
});

it('the clock of a match is that of what happened last, however late it arrived', () => {
  const events = [
    event({ timestamp: '2024-01-15T14:30:00Z', metadata: { minute: 30 } }),
    event({ timestamp: '2024-01-15T14:40:00+00:00', metadata: { minute: 40 } }),
    event({ timestamp: '2024-01-15T14:41:00Z' }),
  ];
  expect(clockOf(events)).toBe('40′');
  expect(latestFirst(events)[0]?.metadata).toBeUndefined();
  expect(clockOf([])).toBe('');
});
