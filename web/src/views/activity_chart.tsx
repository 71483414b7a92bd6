/** Events a minute, both teams on top of each other, with the moments that matter above. */

import { useMemo, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Team } from '../api/types';
import { count, TYPE_NAMES, time } from '../model/format';
import type { MatchShape, Minute, Moment } from '../model/timeline';
import type { TeamNames } from './match';
import { type Frame, Plot } from './plot';

const SIDES: Record<Team, string> = { 1: 'home', 2: 'away' };
const LANES: Record<Moment['type'], number> = { goal: 0, red_card: 1, yellow_card: 1, substitution: 2 };
const TEAMS = [1, 2] as const;
/** The minute under way counts; a step alone would look like a cliff. */
const spline = uPlot.paths.spline?.();

function momentText(moment: Moment, names: TeamNames): string {
  const [one, many] = TYPE_NAMES[moment.type];
  return `${moment.count > 1 ? `${moment.count} ${many.toLowerCase()}` : one}, ${names[moment.team]}`;
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

function Moments({ moments, names, frame }: { moments: Moment[]; names: TeamNames; frame: Frame }) {
  const scale = frame.width / Math.max(1, frame.to - frame.from);
  return (
    <div class="moments" aria-hidden="true">
      {placed(moments).map(({ moment, lane, shift }) => (
        <span
          key={`${moment.at}-${moment.team}-${moment.type}`}
          class={`moment ${moment.type} ${SIDES[moment.team]} lane-${lane}`}
          title={`${time(moment.at)} ${momentText(moment, names)}`}
          style={{ left: `${frame.left + (moment.at - frame.from) * scale}px`, '--shift': String(shift) }}
        >
          <i>{moment.count > 1 ? moment.count : ''}</i>
        </span>
      ))}
    </div>
  );
}

function Tip({ minute, moments, names, frame }: { minute: Minute; moments: Moment[]; names: TeamNames; frame: Frame }) {
  const x = frame.left + ((minute.at - frame.from) / Math.max(1, frame.to - frame.from)) * frame.width;
  const right = x > frame.left + frame.width / 2;
  return (
    <div class={`tip ${right ? 'to-left' : ''}`} style={{ left: `${x}px` }} aria-hidden="true">
      <b>{time(minute.at)}</b> {count(minute.total)} events
      {TEAMS.map((team) => (
        <span key={team} class={SIDES[team]}>
          {names[team]} {count(minute.byTeam[team])}
        </span>
      ))}
      {moments.map((moment) => (
        <span key={moment.type + moment.team}>{momentText(moment, names)}</span>
      ))}
    </div>
  );
}

function Table({ shape, names }: { shape: MatchShape; names: TeamNames }) {
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
                <th scope="col">{names[1]}</th>
                <th scope="col">{names[2]}</th>
                <th scope="col">Moments</th>
              </tr>
            </thead>
            <tbody>
              {shape.minutes.map((minute) => (
                <tr key={minute.at}>
                  <th scope="row">{time(minute.at)}</th>
                  <td>{count(minute.byTeam[1])}</td>
                  <td>{count(minute.byTeam[2])}</td>
                  <td>
                    {shape.moments
                      .filter((moment) => moment.at === minute.at)
                      .map((moment) => momentText(moment, names))
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
}

export function ActivityChart({ shape, names, peak }: Props) {
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
          <span class="home">{names[1]}</span>
          <span class="away">{names[2]}</span>
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
        {frame ? <Moments moments={shape.moments} names={names} frame={frame} /> : null}
        {frame && peakAt >= frame.from && peakAt <= frame.to ? (
          <span
            class="peak"
            aria-hidden="true"
            style={{
              left: `${frame.left + ((peakAt - frame.from) / Math.max(1, frame.to - frame.from)) * frame.width}px`,
            }}
          >
            peak {count(peak.eventCount)}
          </span>
        ) : null}
        {frame && pointed ? (
          <Tip
            minute={pointed}
            moments={shape.moments.filter((m) => m.at === pointed.at)}
            names={names}
            frame={frame}
          />
        ) : null}
      </div>
      {shape.outside > 0 ? <p class="note">{count(shape.outside)} events lie outside of the hours shown.</p> : null}
      <Table shape={shape} names={names} />
    </section>
  );
}
