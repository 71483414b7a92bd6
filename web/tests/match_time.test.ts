import { describe, expect, it } from 'vitest';
import type { MatchClock, MatchEvent } from '../src/api/types';
import { MatchTime } from '../src/model/match_time';

const KICK_OFF = Date.parse('2024-01-15T14:00:00Z');
const MINUTE_MS = 60_000;

/** `after` minutes after kick-off. */
function event(after: number, clock?: MatchClock): MatchEvent {
  const timestamp = new Date(KICK_OFF + after * MINUTE_MS).toISOString();
  return { eventId: String(after), eventType: 'pass', timestamp, teamId: 1, ...(clock ? { clock } : {}) };
}

const at = (time: MatchTime, after: number) => time.at(KICK_OFF + after * MINUTE_MS);

describe('the clock of a match', () => {
  // The second half began after 62 minutes. Feeds call the first minute 1.
  const time = new MatchTime([
    event(2.5, { minute: 3, period: 1 }),
    event(46.5, { minute: 45, stoppage: 2, period: 1 }),
    event(70.5, { minute: 54, period: 2 }),
    event(71),
  ]);

  it('is known at any time of a period', () => {
    expect([at(time, 10), at(time, 46.9), at(time, 62.2), at(time, 100)]).toEqual(['11′', '45+2′', '46′', '84′']);
    expect(at(time, 109)).toBe('90+3′');
  });

  it('is not made up for the break, nor for what is long before or after', () => {
    expect([at(time, -30), at(time, 58), at(time, 200)]).toEqual(['', '', '']);
  });

  it('marks an axis without saying 45 twice', () => {
    const marks = time.marks(KICK_OFF - 5 * MINUTE_MS, KICK_OFF + 120 * MINUTE_MS, 15);
    expect(marks.map(({ label }) => label)).toEqual(['0′', '15′', '30′', '45′', '60′', '75′', '90′']);
    expect(marks.map((mark) => mark.at)).toEqual([...marks.map((mark) => mark.at)].sort());
  });

  it('is unknown where no event has one', () => {
    const unknown = new MatchTime([event(3)]);
    expect([unknown.known, at(unknown, 3), unknown.marks(KICK_OFF, KICK_OFF + MINUTE_MS, 5)]).toEqual([false, '', []]);
  });

  it('takes the half from the minute where the feed does not name it', () => {
    const bare = new MatchTime([
      event(10, { minute: 10 }),
      event(46, { minute: 45, stoppage: 1 }),
      event(80, { minute: 63 }),
    ]);
    expect([at(bare, 46), at(bare, 80)]).toEqual(['45+1′', '63′']);
  });
});
