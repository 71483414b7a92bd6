/** The score, large enough for the other end of the studio, and who made it. */

import type { MatchEvent, Team } from '../api/types';
import { matchClock, playerOf } from '../model/events';
import { time } from '../model/format';
import type { MatchShape } from '../model/timeline';
import { Cards } from './cards';
import type { TeamNames } from './match';

const MOST_SCORERS = 8;

function Scorers({ team, goals, shape }: { team: Team; goals: MatchEvent[]; shape: MatchShape | undefined }) {
  const own = goals.filter((goal) => goal.teamId === team).reverse();
  // Without the list of events the timeline still tells when.
  const told = own.length
    ? own.map((goal) => ({
        key: goal.eventId,
        when: matchClock(goal) || time(Date.parse(goal.timestamp)),
        who: playerOf(goal),
      }))
    : (shape?.moments ?? [])
        .filter((moment) => moment.type === 'goal' && moment.team === team)
        .map((moment) => ({ key: String(moment.at), when: time(moment.at), who: '' }));
  return (
    <ul class="scorers">
      {told.slice(-MOST_SCORERS).map(({ key, when, who }) => (
        <li key={key}>
          {who ? <bdi>{who}</bdi> : 'Goal'} <span class="when">{when}</span>
        </li>
      ))}
    </ul>
  );
}

interface Props {
  shape: MatchShape | undefined;
  names: TeamNames;
  goals: MatchEvent[];
  clock: string;
  scorer: Team | undefined;
}

export function Scoreboard({ shape, names, goals, clock, scorer }: Props) {
  const side = (team: Team, place: string) => (
    <div class={`side ${place}`}>
      <h2>
        <bdi>{names[team]}</bdi>
      </h2>
      <Cards yellow={shape?.teams[team].yellow_card ?? 0} red={shape?.teams[team].red_card ?? 0} />
      <Scorers team={team} goals={goals} shape={shape} />
    </div>
  );
  return (
    <section class={`panel scoreboard ${scorer ? `goal-${scorer}` : ''}`} aria-label="Score">
      {side(1, 'home')}
      <div class="score">
        <p>
          <b class="home" data-testid="score-1">
            {shape ? (shape.teams[1].goal ?? 0) : '–'}
          </b>
          <span class="unseen"> to </span>
          <i aria-hidden="true">:</i>
          <b class="away" data-testid="score-2">
            {shape ? (shape.teams[2].goal ?? 0) : '–'}
          </b>
        </p>
        {clock ? <p class="clock">{clock}</p> : null}
        {scorer ? <p class="cry">Goal!</p> : null}
      </div>
      {side(2, 'away')}
    </section>
  );
}
