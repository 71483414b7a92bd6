/** What a timeline says about a match: minutes without gaps, moments, momentum, and what each team did. */

import type { Bucket, Counts, EventType, Team, Timeline } from '../api/types';
import { EVENT_TYPES } from '../api/types';

export interface Minute {
  at: number;
  total: number;
  byTeam: Record<Team, number>;
  teams: Record<Team, Counts>;
}

export interface Moment {
  at: number;
  team: Team;
  type: 'goal' | 'yellow_card' | 'red_card' | 'substitution';
  count: number;
}

export interface MatchShape {
  minutes: Minute[];
  moments: Moment[];
  /** Events at other times than the window of `minutes`: clocks of feeds are sometimes wrong. */
  outside: number;
  /** Of the whole match, the outside included. */
  teams: Record<Team, Counts>;
}

const MINUTE_MS = 60_000;
const LONGEST_WINDOW_MS = 4 * 3600 * 1000;
const MOMENTS = ['goal', 'yellow_card', 'red_card', 'substitution'] as const;
const TEAMS = [1, 2] as const;

export function shapeOf(timeline: Timeline): MatchShape {
  const step = timeline.bucketSeconds * 1000;
  const buckets = [...timeline.buckets].sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  const [from, to] = busiestWindow(buckets);
  const inside = buckets.slice(from, to);
  const minutes = withoutGaps(inside, step);
  return {
    minutes,
    moments: momentsOf(minutes),
    outside: total(buckets) - total(inside),
    teams: { 1: sumOf(buckets, 1), 2: sumOf(buckets, 2) },
  };
}

function total(buckets: Bucket[]): number {
  return buckets.reduce((sum, bucket) => sum + bucket.total, 0);
}

/** The stretch of at most LONGEST_WINDOW_MS with most events, as indices. */
function busiestWindow(buckets: Bucket[]): [number, number] {
  let best: [number, number] = [0, 0];
  let most = -1;
  let first = 0;
  let sum = 0;
  for (const [last, bucket] of buckets.entries()) {
    sum += bucket.total;
    for (let tail = buckets[first]; tail && Date.parse(bucket.start) - Date.parse(tail.start) >= LONGEST_WINDOW_MS; ) {
      sum -= tail.total;
      first += 1;
      tail = buckets[first];
    }
    if (sum > most) {
      most = sum;
      best = [first, last + 1];
    }
  }
  return best;
}

function withoutGaps(buckets: Bucket[], step: number): Minute[] {
  const minutes: Minute[] = [];
  for (const bucket of buckets) {
    const at = Date.parse(bucket.start);
    for (let last = minutes.at(-1); last && last.at + step < at; last = minutes.at(-1)) {
      minutes.push({ at: last.at + step, total: 0, byTeam: { 1: 0, 2: 0 }, teams: { 1: {}, 2: {} } });
    }
    minutes.push({ at, total: bucket.total, byTeam: bucket.byTeam, teams: bucket.teams });
  }
  return minutes;
}

function momentsOf(minutes: Minute[]): Moment[] {
  const moments: Moment[] = [];
  for (const minute of minutes) {
    for (const team of TEAMS) {
      for (const type of MOMENTS) {
        const count = minute.teams[team][type] ?? 0;
        if (count > 0) moments.push({ at: minute.at, team, type, count });
      }
    }
  }
  return moments;
}

function sumOf(buckets: Bucket[], team: Team): Counts {
  const sum: Counts = {};
  for (const bucket of buckets) {
    for (const type of EVENT_TYPES) {
      const count = bucket.teams[team][type];
      if (count) sum[type] = (sum[type] ?? 0) + count;
    }
  }
  return sum;
}

/** How much an event says about who presses. Cards and fouls speak for the other side. */
const WEIGHTS: Partial<Record<EventType, number>> = {
  goal: 6,
  shot: 3,
  corner: 2,
  free_kick: 0.6,
  offside: 0.5,
  interception: 0.3,
  pass: 0.12,
  foul: -0.4,
  red_card: -2,
};
const SPREAD_MINUTES = 2;
const REACH_MINUTES = 5;

function pressure(counts: Counts): number {
  return EVENT_TYPES.reduce((sum, type) => sum + (counts[type] ?? 0) * (WEIGHTS[type] ?? 0), 0);
}

/** For each minute from -1 (all of team 2) to 1 (all of team 1), smoothed over the minutes around. */
export function momentumOf(minutes: Minute[]): number[] {
  const raw = minutes.map((minute) => pressure(minute.teams[1]) - pressure(minute.teams[2]));
  const smooth = raw.map((_, i) => {
    let sum = 0;
    let weights = 0;
    for (let j = Math.max(0, i - REACH_MINUTES); j <= Math.min(raw.length - 1, i + REACH_MINUTES); j += 1) {
      const weight = Math.exp(-((j - i) ** 2) / (2 * SPREAD_MINUTES ** 2));
      sum += weight * (raw[j] ?? 0);
      weights += weight;
    }
    return sum / weights;
  });
  // A quiet match must not look like a storm: the scale starts at what two shots in a minute make.
  const scale = smooth.reduce((most, value) => Math.max(most, Math.abs(value)), 3);
  return smooth.map((value) => value / scale);
}

const PACE_MINUTES = 5;

/** Events a minute in the five minutes before `end`; as many as there are of a match that has just begun. */
export function paceOf(minutes: Minute[], end: number): number {
  const first = minutes[0];
  if (!first) return 0;
  const begin = Math.max(first.at, Math.floor(end / MINUTE_MS - PACE_MINUTES) * MINUTE_MS);
  const latest = minutes.filter((minute) => minute.at >= begin && minute.at < end);
  const passed = Math.max(1, (end - begin) / MINUTE_MS);
  return latest.reduce((sum, minute) => sum + minute.total, 0) / passed;
}

/** When the last of the minutes ends. */
export function endOf(minutes: Minute[]): number {
  return (minutes.at(-1)?.at ?? 0) + MINUTE_MS;
}

export interface Comparison {
  type: EventType;
  home: number;
  away: number;
}

const COMPARED: EventType[] = [
  'goal',
  'shot',
  'corner',
  'free_kick',
  'pass',
  'interception',
  'foul',
  'offside',
  'yellow_card',
  'red_card',
  'substitution',
];

/** What either team did at all, in the order in which people ask. */
export function compare(teams: Record<Team, Counts>): Comparison[] {
  return COMPARED.map((type) => ({ type, home: teams[1][type] ?? 0, away: teams[2][type] ?? 0 })).filter(
    ({ home, away }) => home + away > 0,
  );
}
