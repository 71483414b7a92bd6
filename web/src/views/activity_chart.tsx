/** Events a minute, both teams on top of each other, with the moments that matter above. */

import { useMemo, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { MatchEvent, Team } from '../api/types';
import { isOwnGoal, matchClock } from '../model/events';
import { count, counted, TYPE_NAMES, time } from '../model/format';
import type { MatchTime } from '../model/match_time';
import type { MatchShape, Minute, Moment } from '../model/timeline';
import type { TeamNames } from './match';
import { Name } from './name';
import { type Frame, Plot } from './plot';

const SIDES: Record<Team, string> = { 1: 'home', 2: 'away' };
const LANES: Record<Moment['type'], number> = { goal: 0, red_card: 1, yellow_card: 1, substitution: 2 };
const TEAMS = [1, 2] as const;
/** The minute under way counts; a step alone would look like a cliff. */
const spline = uPlot.paths.spline?.();

const MINUTE_MS = 60_000;

/** What is laid over the chart, in words. */
class Words {
  constructor(
    readonly names: TeamNames,
    private readonly goals: MatchEvent[],
    private readonly matchTime: MatchTime,
  ) {}

  private goalsOf({ at, team, type }: Moment): MatchEvent[] {
    if (type !== 'goal') return [];
    return this.goals.filter((goal) => {
      const after = Date.parse(goal.timestamp) - at;
      return goal.teamId === team && after >= 0 && after < MINUTE_MS;
    });
  }

  /** The match's clock, and the time of the day. */
  when(at: number): string {
    return [this.matchTime.at(at + MINUTE_MS / 2), time(at)].filter(Boolean).join(' · ');
  }

  of(moment: Moment): string {
    const [one, many] = TYPE_NAMES[moment.type];
    const what = moment.count > 1 ? `${moment.count} ${many.toLowerCase()}` : one;
    const goals = this.goalsOf(moment);
    const clocks = goals.map(matchClock).filter(Boolean).join(', ');
    const own = goals.some(isOwnGoal) ? ' (own goal)' : '';
    return `${what}${own}, ${this.names[moment.team]}${clocks ? `, ${clocks}` : ''}`;
  }
}

/** Moments of one minute and lane stand beside each other. */
function placed(moments: Moment[]): { moment: Moment; lane: number; shift: number }[] {
  const taken = new Map<string, number>();
  return moments.map((moment) => {
    const lane = LANES[moment.type];
    const key = `${moment.at}/${lane}`;
    const shift = taken.get(key) ?? 0;
    taken.set(key, shift + 1);
    return { moment, lane, shift };
  });
}

function Moments({ moments, words, frame }: { moments: Moment[]; words: Words; frame: Frame }) {
  const scale = frame.width / Math.max(1, frame.to - frame.from);
  return (
    <div class="moments" aria-hidden="true">
      {placed(moments).map(({ moment, lane, shift }) => (
        <span
          key={`${moment.at}-${moment.team}-${moment.type}`}
          class={`moment ${moment.type} ${SIDES[moment.team]} lane-${lane}`}
          title={`${words.when(moment.at)} ${words.of(moment)}`}
          style={{ left: `${frame.left + (moment.at - frame.from) * scale}px`, '--shift': String(shift) }}
        >
          <i>{moment.count > 1 ? moment.count : ''}</i>
        </span>
      ))}
    </div>
  );
}

function Tip({ minute, moments, words, frame }: { minute: Minute; moments: Moment[]; words: Words; frame: Frame }) {
  const x = frame.left + ((minute.at - frame.from) / Math.max(1, frame.to - frame.from)) * frame.width;
  const right = x > frame.left + frame.width / 2;
  return (
    <div class={`tip ${right ? 'to-left' : ''}`} style={{ left: `${x}px` }} aria-hidden="true">
      <b>{words.when(minute.at)}</b> {counted(minute.total, 'event', 'events')}
      {TEAMS.map((team) => (
        <span key={team} class={SIDES[team]}>
          <Name>{words.names[team]}</Name> {count(minute.byTeam[team])}
        </span>
      ))}
      {moments.map((moment) => (
        <span key={moment.type + moment.team}>{words.of(moment)}</span>
      ))}
    </div>
  );
}

function Table({ shape, words }: { shape: MatchShape; words: Words }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Show as a table</summary>
      {open ? (
        <section class="scroll" tabIndex={0} aria-label="Events a minute, as a table">
          <table>
            <thead>
              <tr>
                <th scope="col">Minute</th>
                <th scope="col">{words.names[1]}</th>
                <th scope="col">{words.names[2]}</th>
                <th scope="col">Moments</th>
              </tr>
            </thead>
            <tbody>
              {shape.minutes.map((minute) => (
                <tr key={minute.at}>
                  <th scope="row">{words.when(minute.at)}</th>
                  <td>{count(minute.byTeam[1])}</td>
                  <td>{count(minute.byTeam[2])}</td>
                  <td>
                    {shape.moments
                      .filter((moment) => moment.at === minute.at)
                      .map((moment) => words.of(moment))
                      .join('; ')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </details>
  );
}

interface Props {
  shape: MatchShape;
  names: TeamNames;
  peak: { minute: string; eventCount: number };
  goals: MatchEvent[];
  matchTime: MatchTime;
}

/** Pixels to either side of the middle of the label, and how far it may be moved. */
const PEAK_HALF = 34;
const PEAK_REACH = 160;

/** The place nearest to the peak where the label covers no line of a goal and ends within the chart. */
function peakPlace(peakAt: number, moments: Moment[], frame: Frame): number {
  const place = (at: number) => frame.left + ((at - frame.from) / Math.max(1, frame.to - frame.from)) * frame.width;
  const lines = moments.filter(({ type }) => type === 'goal').map(({ at }) => place(at));
  const wanted = place(peakAt);
  const fits = (x: number) =>
    x >= frame.left + PEAK_HALF &&
    x <= frame.left + frame.width - PEAK_HALF &&
    lines.every((line) => Math.abs(line - x) > PEAK_HALF);
  for (let shift = 0; shift <= PEAK_REACH; shift += 2) {
    if (fits(wanted - shift)) return wanted - shift;
    if (fits(wanted + shift)) return wanted + shift;
  }
  return Math.min(Math.max(wanted, frame.left + PEAK_HALF), frame.left + frame.width - PEAK_HALF);
}

export function ActivityChart({ shape, names, peak, goals, matchTime }: Props) {
  const words = useMemo(() => new Words(names, goals, matchTime), [names, goals, matchTime]);
  const [frame, setFrame] = useState<Frame | undefined>(undefined);
  const [index, setIndex] = useState<number | undefined>(undefined);
  const { minutes } = shape;
  const data = useMemo<[number[], number[], number[]]>(
    () => [minutes.map((m) => m.at), minutes.map((m) => m.total), minutes.map((m) => m.byTeam[1])],
    [minutes],
  );
  const pointed = index === undefined ? undefined : minutes[index];
  const peakAt = Date.parse(peak.minute);
  const keep = (next: Frame) =>
    setFrame((before) => (before && JSON.stringify(before) === JSON.stringify(next) ? before : next));
  return (
    <section class="panel activity" aria-labelledby="activity">
      <div class="panel-head">
        <h2 id="activity">Events a minute</h2>
        <p class="legend">
          <span class="home">
            <Name>{names[1]}</Name>
          </span>
          <span class="away">
            <Name>{names[2]}</Name>
          </span>
          <span class="sign of-goal">Goal</span>
          <span class="sign of-card">Card</span>
          <span class="sign of-substitution">Substitution</span>
        </p>
      </div>
      <div class="chart">
        <Plot
          data={data}
          height={16}
          axisY
          matchTime={matchTime}
          scaleY={(_, __, most) => [0, Math.max(5, most * 1.08)]}
          series={(colour) => [
            { stroke: colour('away'), width: 1.5, points: { show: false }, ...(spline ? { paths: spline } : {}) },
            {
              stroke: colour('home'),
              fill: colour('home-fill'),
              width: 1.5,
              points: { show: false },
              ...(spline ? { paths: spline } : {}),
            },
          ]}
          bands={(colour) => [{ series: [1, 2], fill: colour('away-fill') }]}
          onFrame={keep}
          onPoint={setIndex}
        />
        {frame ? <Moments moments={shape.moments} words={words} frame={frame} /> : null}
        {frame && peakAt >= frame.from && peakAt <= frame.to ? (
          <span class="peak" aria-hidden="true" style={{ left: `${peakPlace(peakAt, shape.moments, frame)}px` }}>
            peak {count(peak.eventCount)}
          </span>
        ) : null}
        {frame && pointed ? (
          <Tip
            minute={pointed}
            moments={shape.moments.filter((m) => m.at === pointed.at)}
            words={words}
            frame={frame}
          />
        ) : null}
      </div>
      {shape.outside > 0 ? (
        <p class="note">{counted(shape.outside, 'event lies', 'events lie')} outside of the hours shown.</p>
      ) : null}
      <Table shape={shape} words={words} />
    </section>
  );
}
