/** The score, large enough for the other end of the studio, and who made it. */

import type { MatchEvent, Team } from '../api/types';
import { isOwnGoal, matchClock, playerOf } from '../model/events';
import { fullTime, time } from '../model/format';
import type { MatchTime } from '../model/match_time';
import type { MatchShape } from '../model/timeline';
import { Cards } from './cards';
import type { TeamNames } from './match';
import { Name } from './name';

const MOST_SCORERS = 8;

interface ScorersProps {
  team: Team;
  goals: MatchEvent[];
  shape: MatchShape | undefined;
  matchTime: MatchTime;
}

function Scorers({ team, goals, shape, matchTime }: ScorersProps) {
  const own = goals.filter((goal) => goal.teamId === team).reverse();
  // Without the list of events the timeline still tells when.
  const told = own.length
    ? own.map((goal) => ({
        key: goal.eventId,
        when: matchClock(goal) || matchTime.at(Date.parse(goal.timestamp)) || time(Date.parse(goal.timestamp)),
        at: Date.parse(goal.timestamp),
        who: playerOf(goal),
        own: isOwnGoal(goal),
      }))
    : (shape?.moments ?? [])
        .filter((moment) => moment.type === 'goal' && moment.team === team)
        .map(({ at }) => ({ key: String(at), when: matchTime.at(at + 30_000) || time(at), at, who: '', own: false }));
  return (
    <ul class="scorers">
      {told.slice(-MOST_SCORERS).map(({ key, when, at, who, own }) => (
        <li key={key}>
          {who ? <Name lines={2}>{who}</Name> : 'Goal'}
          {own ? <abbr title="own goal">o.g.</abbr> : null}
          <span class="when" title={fullTime(at)}>
            {when}
          </span>
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
  matchTime: MatchTime;
  scorer: Team | undefined;
}

export function Scoreboard({ shape, names, goals, clock, matchTime, scorer }: Props) {
  const side = (team: Team, place: string) => (
    <div class={`side ${place}`}>
      <h2>
        <Name lines={2}>{names[team]}</Name>
      </h2>
      <Cards yellow={shape?.teams[team].yellow_card ?? 0} red={shape?.teams[team].red_card ?? 0} />
      <Scorers team={team} goals={goals} shape={shape} matchTime={matchTime} />
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
