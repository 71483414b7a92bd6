/** Who presses: above the line one team, below it the other. */

import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import type { MatchTime } from '../model/match_time';
import { type Minute, momentumOf } from '../model/timeline';
import type { TeamNames } from './match';
import { Name } from './name';
import { Plot } from './plot';

const spline = uPlot.paths.spline?.();
const HELD = 0.12;

function InWords({ latest, names }: { latest: number; names: TeamNames }) {
  if (Math.abs(latest) < HELD) return <p class="now">Even</p>;
  const [side, team] = latest > 0 ? (['home', 1] as const) : (['away', 2] as const);
  return (
    <p class={`now ${side}`}>
      With <Name>{names[team]}</Name>
    </p>
  );
}

interface Props {
  minutes: Minute[];
  names: TeamNames;
  matchTime: MatchTime;
  live: boolean;
}

export function MomentumChart({ minutes, names, matchTime, live }: Props) {
  const momentum = useMemo(() => momentumOf(minutes), [minutes]);
  const data = useMemo<[number[], number[], number[]]>(
    () => [minutes.map((m) => m.at), momentum.map((v) => Math.max(0, v)), momentum.map((v) => Math.min(0, v))],
    [minutes, momentum],
  );
  const latest = momentum.at(-1) ?? 0;
  return (
    <section class="panel momentum" aria-labelledby="momentum">
      <div class="panel-head">
        <h2 id="momentum" title="Goals, shots, corners, free kicks and passes, weighted and smoothed over five minutes">
          Momentum
        </h2>
        {live ? <InWords latest={latest} names={names} /> : null}
      </div>
      <Plot
        data={data}
        height={8.5}
        axisY={false}
        matchTime={matchTime}
        scaleY={[-1.05, 1.05]}
        series={(colour) => [
          {
            stroke: colour('home'),
            fill: colour('home-fill'),
            width: 1.5,
            points: { show: false },
            ...(spline ? { paths: spline } : {}),
          },
          {
            stroke: colour('away'),
            fill: colour('away-fill'),
            width: 1.5,
            points: { show: false },
            ...(spline ? { paths: spline } : {}),
          },
        ]}
      />
    </section>
  );
}
