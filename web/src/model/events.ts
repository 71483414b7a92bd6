/** What an event says in words, from metadata that feeds fill as they like: nothing in it can be relied on. */

import type { MatchEvent } from '../api/types';
import { clockText } from './match_time';

function text(event: MatchEvent, ...names: string[]): string {
  for (const name of names) {
    const value = event.metadata?.[name];
    if (typeof value === 'string' && value.trim() !== '') return value;
  }
  return '';
}

/** The match clock, like 67′ or 45+2′; empty when the feed does not give it. */
export function matchClock(event: MatchEvent): string {
  return event.clock ? clockText(event.clock) : '';
}

export function playerOf(event: MatchEvent): string {
  return text(event, 'scorer', 'name', 'playerName', 'player') || event.playerId || '';
}

export function detailOf(event: MatchEvent): string {
  switch (event.eventType) {
    case 'goal':
      return [ownGoal(event), text(event, 'score'), situation(event), assist(event)].filter(Boolean).join(' · ');
    case 'shot':
      return [text(event, 'outcome'), situation(event)].filter(Boolean).join(' · ');
    case 'substitution': {
      const off = text(event, 'nameOff', 'playerOff');
      return off ? `for ${off}` : '';
    }
    case 'pass':
      return event.metadata?.completed === false ? 'not completed' : '';
    case 'red_card':
    case 'free_kick':
      return text(event, 'reason');
    case 'yellow_card':
      return event.metadata?.second === true ? 'second yellow' : '';
    default:
      return '';
  }
}

export function isOwnGoal(event: MatchEvent): boolean {
  return event.eventType === 'goal' && event.metadata?.ownGoal === true;
}

function ownGoal(event: MatchEvent): string {
  return isOwnGoal(event) ? 'own goal' : '';
}

function situation(event: MatchEvent): string {
  const value = text(event, 'situation');
  return value === 'open play' ? '' : value;
}

function assist(event: MatchEvent): string {
  const value = text(event, 'assist');
  return value ? `assist ${value}` : '';
}

/** The team's name, where a feed tells it. */
export function teamNameOf(event: MatchEvent): string {
  return text(event, 'team', 'teamName');
}

/** Latest first, by when it happened: events arrive late and out of order. */
export function latestFirst(events: MatchEvent[]): MatchEvent[] {
  return [...events].sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
}

/** Where the match is by its own clock, from its latest events. */
export function clockOf(events: MatchEvent[]): string {
  for (const event of latestFirst(events)) {
    const clock = matchClock(event);
    if (clock) return clock;
  }
  return '';
}
