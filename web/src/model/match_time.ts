/** The clock of a match at any time, from the events that have one. Milliseconds and minutes. */

import type { MatchClock, MatchEvent } from '../api/types';

const MINUTE_MS = 60_000;
/** What comes after so many minutes of stoppage, and after all that is known, is the break. */
const USUAL_STOPPAGE = 8;

/** By the number of the period: the minutes in which it begins and ends. A shoot-out has no minutes. */
const PERIODS = new Map<number, [begins: number, ends: number]>([
  [1, [0, 45]],
  [2, [45, 90]],
  [3, [90, 105]],
  [4, [105, 120]],
]);

interface Period {
  begins: number;
  ends: number;
  stoppage: number;
  /** When its clock would have been at 0. */
  zero: number;
}

export interface Mark {
  at: number;
  label: string;
}

/** 67′ or 45+2′ */
export function clockText({ minute, stoppage }: MatchClock): string {
  return stoppage ? `${minute}+${stoppage}′` : `${minute}′`;
}

function periodOf({ minute, period }: MatchClock): number {
  return period ?? (minute <= 45 ? 1 : 2);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export class MatchTime {
  private readonly periods: Period[] = [];

  constructor(events: MatchEvent[]) {
    for (const [number, [begins, ends]] of PERIODS) {
      const zeros: number[] = [];
      let most = USUAL_STOPPAGE;
      for (const { clock, timestamp } of events) {
        if (!clock || periodOf(clock) !== number) continue;
        const minute = clock.minute + (clock.stoppage ?? 0);
        zeros.push(Date.parse(timestamp) - minute * MINUTE_MS);
        most = Math.max(most, minute - ends);
      }
      if (zeros.length > 0) this.periods.push({ begins, ends, stoppage: most, zero: median(zeros) });
    }
  }

  get known(): boolean {
    return this.periods.length > 0;
  }

  /** Empty where the match has no clock, as in the break. */
  at(time: number): string {
    const period = this.periods.filter(({ zero, begins }) => time >= zero + (begins - 0.5) * MINUTE_MS).at(-1);
    if (!period) return '';
    const minute = Math.round((time - period.zero) / MINUTE_MS);
    if (minute > period.ends + period.stoppage) return '';
    const clock = { minute: Math.min(minute, period.ends), stoppage: Math.max(0, minute - period.ends) };
    return clockText(clock);
  }

  /** Every `step` minutes, for an axis. */
  marks(from: number, to: number, step: number): Mark[] {
    const marks: Mark[] = [];
    for (const [i, { begins, ends, zero }] of this.periods.entries()) {
      // Where one period ends the next begins: one label is enough.
      const first = i > 0 ? (Math.floor(begins / step) + 1) * step : begins;
      for (let minute = first; minute <= ends; minute += step) {
        const at = zero + minute * MINUTE_MS;
        if (at >= from && at <= to) marks.push({ at, label: `${minute}′` });
      }
    }
    return marks;
  }
}
