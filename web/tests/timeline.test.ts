import { describe, expect, it } from 'vitest';
import type { Bucket, Counts, Timeline } from '../src/api/types';
import { compare, endOf, momentumOf, paceOf, shapeOf } from '../src/model/timeline';

function bucket(start: string, home: Counts, away: Counts = {}): Bucket {
  const sum = (counts: Counts) => Object.values(counts).reduce((a, b) => a + b, 0);
  return { start, total: sum(home) + sum(away), byTeam: { 1: sum(home), 2: sum(away) }, teams: { 1: home, 2: away } };
}

function timeline(...buckets: Bucket[]): Timeline {
  return { matchId: 'm', bucketSeconds: 60, buckets, asOf: '2024-01-15T16:00:00Z' };
}

describe('the shape of a match', () => {
  it('has every minute from the first to the last', () => {
    const { minutes } = shapeOf(
      timeline(bucket('2024-01-15T14:00:00Z', { pass: 2 }), bucket('2024-01-15T14:04:00Z', { foul: 1 })),
    );
    expect(minutes.map((minute) => minute.total)).toEqual([2, 0, 0, 0, 1]);
    expect(minutes[3]?.at).toBe(Date.parse('2024-01-15T14:03:00Z'));
  });

  it('takes minutes that arrive in any order', () => {
    const { minutes } = shapeOf(
      timeline(bucket('2024-01-15T14:01:00Z', { pass: 2 }), bucket('2024-01-15T14:00:00Z', { pass: 1 })),
    );
    expect(minutes.map((minute) => minute.total)).toEqual([1, 2]);
  });

  it('shows the busiest hours and counts what lies outside', () => {
    const shape = shapeOf(
      timeline(
        bucket('1970-01-01T00:00:00Z', { pass: 1 }),
        bucket('2024-01-15T14:00:00Z', { pass: 5 }),
        bucket('2024-01-15T15:30:00Z', { goal: 1 }),
        bucket('2261-12-31T23:59:00Z', {}, { goal: 2 }),
      ),
    );
    expect(shape.minutes).toHaveLength(91);
    expect(shape.outside).toBe(3);
    expect(shape.teams[2].goal).toBe(2);
  });

  it('has as many minutes as fit into four hours at most', () => {
    const day = Array.from({ length: 1440 }, (_, i) =>
      bucket(new Date(Date.UTC(2024, 0, 15) + i * 60_000).toISOString(), { pass: 1 }),
    );
    const shape = shapeOf(timeline(...day));
    expect(shape.minutes).toHaveLength(240);
    expect(shape.outside).toBe(1200);
  });

  it('is empty for a match without minutes', () => {
    expect(shapeOf(timeline())).toEqual({ minutes: [], moments: [], outside: 0, teams: { 1: {}, 2: {} } });
  });

  it('names goals, cards and substitutions', () => {
    const { moments } = shapeOf(timeline(bucket('2024-01-15T14:00:00Z', { goal: 2, pass: 9 }, { yellow_card: 1 })));
    expect(moments.map(({ team, type, count }) => [team, type, count])).toEqual([
      [1, 'goal', 2],
      [2, 'yellow_card', 1],
    ]);
  });
});

describe('momentum', () => {
  const at = (i: number) => new Date(Date.UTC(2024, 0, 15) + i * 60_000).toISOString();

  it('is with the team that shoots, and within -1 and 1', () => {
    const { minutes } = shapeOf(
      timeline(
        ...Array.from({ length: 30 }, (_, i) => bucket(at(i), i < 15 ? { shot: 9 } : {}, i < 15 ? {} : { goal: 3 })),
      ),
    );
    const momentum = momentumOf(minutes);
    expect(momentum[5]).toBeGreaterThan(0.5);
    expect(momentum[25]).toBeLessThan(-0.5);
    expect(Math.max(...momentum.map(Math.abs))).toBeCloseTo(1);
  });

  it('is small while little happens', () => {
    const { minutes } = shapeOf(timeline(bucket(at(0), { pass: 1 }), bucket(at(1), { pass: 1 })));
    expect(Math.max(...momentumOf(minutes))).toBeLessThan(0.1);
  });
});

it('the pace is of the five minutes before a moment, not of the five in which something happened', () => {
  const at = Date.parse('2024-01-15T14:00:00Z');
  const { minutes } = shapeOf(
    timeline(bucket('2024-01-15T14:00:00Z', { pass: 90 }), bucket('2024-01-15T14:05:00Z', { pass: 10 })),
  );
  expect(endOf(minutes)).toBe(at + 6 * 60_000);
  expect(paceOf(minutes, endOf(minutes))).toBe(2);
  expect(paceOf(minutes, at + 15 * 60_000)).toBe(0);
  expect(paceOf(minutes.slice(0, 1), at + 30_000)).toBe(90);
  expect(paceOf([], at)).toBe(0);
});

it('teams are compared by what either did', () => {
  expect(compare({ 1: { pass: 3 }, 2: { goal: 1 } })).toEqual([
    { type: 'goal', home: 0, away: 1 },
    { type: 'pass', home: 3, away: 0 },
  ]);
});
