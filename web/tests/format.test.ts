import { describe, expect, it } from 'vitest';
import {
  ago,
  clockOrDay,
  count,
  counted,
  fullTime,
  milliseconds,
  rate,
  shortCount,
  since,
  span,
  title,
} from '../src/model/format';

describe('numbers', () => {
  it('group digits, and shorten what no one can read', () => {
    expect([count(0), count(1523), count(10_000_000)]).toEqual(['0', '1,523', '10,000,000']);
    expect([shortCount(99_999), shortCount(1_234_567)]).toEqual(['99,999', '1.2M']);
    expect([rate(0), rate(8.44), rate(12.4), rate(1234.5)]).toEqual(['0.0', '8.4', '12', '1,235']);
  });

  it('say times with the unit that fits', () => {
    expect([0.49, 2.6, 98.7, 1240, 12_000].map(milliseconds)).toEqual(['0.49 ms', '2.6 ms', '99 ms', '1.2 s', '12 s']);
    expect([420, 12_000, 600_000, 10_800_000, 864_000_000].map(span)).toEqual([
      '0.4 s',
      '12 s',
      '10 min',
      '3 h',
      '10 days',
    ]);
    expect([-500, 2999, 3400, 25_000].map(ago)).toEqual(['just now', 'just now', '3 s ago', '25 s ago']);
  });
});

describe('times', () => {
  const now = new Date(2024, 0, 15, 14, 30, 0).getTime();

  it('have a date unless they are of today, and say when they lie ahead', () => {
    expect(since(now - 12_000, now)).toBe('12 s ago');
    expect(since(now + 60_000, now)).toBe('just now');
    expect(since(now - 5 * 86_400_000, now)).toBe('10 Jan 2024, 14:30');
    expect(since(new Date(2099, 0, 1, 9, 5).getTime(), now)).toBe('1 Jan 2099, 09:05, in the future');
    expect(since(now + 4 * 60_000, now)).toBe('14:34:00, in the future');
    expect(clockOrDay(now, now)).toBe('14:30:00');
  });

  it('have a zone where all of them is said', () => {
    expect(fullTime(now)).toMatch(/^15 Jan 2024, 14:30:00 \S+$/);
  });
});

it('one of a thing is one', () => {
  expect([counted(1, 'event', 'events'), counted(0, 'event', 'events'), counted(1523, 'event', 'events')]).toEqual([
    '1 event',
    '0 events',
    '1,523 events',
  ]);
});

describe('the title of a match', () => {
  it('is made of ids that are for machines', () => {
    expect(title('harbour-city-rio-alto-2026-11-26-1a2b3c4d')).toEqual({
      name: 'Harbour City Rio Alto',
      detail: '26 Nov 2026',
    });
    expect(title('harbour-city-rio-alto-2026-11-26').name).toBe('Harbour City Rio Alto');
    expect(title('Río Alto – Østervik 2026-11-26 1a2b3c')).toEqual({
      name: 'Río Alto – Østervik',
      detail: '26 Nov 2026',
    });
  });

  it.each([
    'match-123',
    'Barça–Alavés 2018',
    'a/b',
    '<script>alert(1)</script>',
    'a-b-2026-99-99-12',
    'مباراة',
    '-',
    '⚽',
  ])('is any other id as it is: %s', (id) => expect(title(id)).toEqual({ name: id, detail: '' }));
});
