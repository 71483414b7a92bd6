/** What the HTTP API answers; docs/API.md describes it. */

export const EVENT_TYPES = [
  'goal',
  'shot',
  'pass',
  'foul',
  'yellow_card',
  'red_card',
  'substitution',
  'offside',
  'corner',
  'free_kick',
  'interception',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];
export type Team = 1 | 2;
export type Counts = Partial<Record<EventType, number>>;

export interface Metrics {
  matchId: string;
  totalEvents: number;
  eventsByType: Counts;
  goals: number;
  yellowCards: number;
  redCards: number;
  firstEventAt: string;
  lastEventAt: string;
  peakMinute: { minute: string; eventCount: number };
  responseTimePercentiles?: { p50: number; p95: number; p99: number };
  asOf: string;
}

export interface Bucket {
  start: string;
  total: number;
  byTeam: Record<Team, number>;
  teams: Record<Team, Counts>;
}

export interface Timeline {
  matchId: string;
  bucketSeconds: number;
  buckets: Bucket[];
  asOf: string;
}

export interface MatchSummary {
  matchId: string;
  totalEvents: number;
  goals: number;
  firstEventAt: string;
  lastEventAt: string;
  lastActivityAt: string;
}

export interface MatchPage {
  matches: MatchSummary[];
  nextCursor?: string;
  asOf: string;
}

export interface MatchClock {
  minute: number;
  stoppage?: number;
  period?: number;
}

export interface MatchEvent {
  eventId: string;
  eventType: EventType;
  timestamp: string;
  teamId: Team;
  playerId?: string;
  metadata?: Record<string, unknown>;
  /** As the feed has it; absent where it does not tell. */
  clock?: MatchClock;
}

export interface EventPage {
  events: MatchEvent[];
}

export interface Readiness {
  status: string;
  checks: Record<string, string>;
  lag?: number;
  retryPending?: number;
  deadLetters?: number;
}
