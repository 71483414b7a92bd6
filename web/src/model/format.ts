/** Numbers, times and names as people read them. Times are shown in the viewer's own zone. */

import type { EventType } from '../api/types';

const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function count(value: number): string {
  return whole.format(value);
}

/** 1 event, 1,523 events */
export function counted(value: number, one: string, many: string, digits = count): string {
  return `${digits(value)} ${value === 1 ? one : many}`;
}

/** Five digits at most: 950, 12,400, 1.2M. */
export function shortCount(value: number): string {
  return value < 100_000 ? whole.format(value) : compact.format(value);
}

/** A rate, to a sensible number of digits. */
export function rate(value: number): string {
  if (value >= 100) return shortCount(Math.round(value));
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

export function milliseconds(value: number): string {
  if (value >= 10_000) return `${count(Math.round(value / 1000))} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 10) return `${value.toFixed(0)} ms`;
  return value >= 1 ? `${value.toFixed(1)} ms` : `${value.toFixed(2)} ms`;
}

/** A span of time: 0.4 s, 12 s, 3 min, 2 h, 5 days. */
export function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${count(Math.round(seconds / 86_400))} days`;
}

/** The same in whole seconds. */
export function seconds(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms / 1000)} s` : span(ms);
}

export function ago(ms: number): string {
  return ms < 3000 ? 'just now' : `${seconds(ms)} ago`;
}

const two = (value: number) => String(value).padStart(2, '0');

/** 14:05 */
export function time(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** 14:05:09 */
export function clock(at: number): string {
  return `${time(at)}:${two(new Date(at).getSeconds())}`;
}

const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const zones = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' });

export function day(at: number): string {
  return days.format(at);
}

/** The viewer's zone at that time: GMT+1. */
export function zone(at: number): string {
  return zones.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** 15 Jan 2024, 14:05:09 GMT+1 */
export function fullTime(at: number): string {
  return `${day(at)}, ${clock(at)} ${zone(at)}`;
}

/** 14:05:09 today, 15 Jan 2024, 14:05 on any other day. */
export function clockOrDay(at: number, now: number, today = clock): string {
  return day(at) === day(now) ? today(at) : `${day(at)}, ${time(at)}`;
}

/** Clocks of feeds and ours may differ by as much without a word. */
export const AHEAD_MS = 3 * 60_000;
const DAY_MS = 86_400_000;

/** 12 s ago; beyond a day, and for what lies ahead, the date. */
export function since(at: number, now: number): string {
  if (at > now + AHEAD_MS) return `${clockOrDay(at, now)}, in the future`;
  return now - at < DAY_MS ? ago(now - at) : clockOrDay(at, now);
}

export const TYPE_NAMES: Record<EventType, [one: string, many: string]> = {
  goal: ['Goal', 'Goals'],
  shot: ['Shot', 'Shots'],
  pass: ['Pass', 'Passes'],
  foul: ['Foul', 'Fouls'],
  yellow_card: ['Yellow card', 'Yellow cards'],
  red_card: ['Red card', 'Red cards'],
  substitution: ['Substitution', 'Substitutions'],
  offside: ['Offside', 'Offsides'],
  corner: ['Corner', 'Corners'],
  free_kick: ['Free kick', 'Free kicks'],
  interception: ['Interception', 'Interceptions'],
};

export interface Title {
  name: string;
  /** What is left of the id, when the name is not all of it. */
  detail: string;
}

/**
 * "harbour-city-rio-alto-2026-11-26-1a2b3c4d" is for machines; "Río Alto – Østervik 2026-11-26 1a2b3c" has its date apart;
 * any other id is shown as it is.
 */
export function title(matchId: string): Title {
  const named = /^(.+ .+) (\d{4}-\d{2}-\d{2})(?: [0-9a-f]{1,16})?$/u.exec(matchId);
  const dated = named?.[2] ? Date.parse(`${named[2]}T12:00:00Z`) : Number.NaN;
  if (named?.[1] && !Number.isNaN(dated)) return { name: named[1], detail: day(dated) };
  const slug = /^([a-z0-9]+(?:-[a-z0-9]+)+?)-(\d{4}-\d{2}-\d{2})(?:-[0-9a-z]{1,16})?$/.exec(matchId);
  const at = slug?.[2] ? Date.parse(`${slug[2]}T12:00:00Z`) : Number.NaN;
  if (!slug?.[1] || Number.isNaN(at)) return { name: matchId, detail: '' };
  const name = slug[1]
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
  return { name, detail: day(at) };
}
