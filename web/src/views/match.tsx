/** One match, live. */

import { useComputed } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Failure, getJson, matchPath } from '../api/client';
import { matchTopic } from '../api/shared_streams';
import { EVENT_TYPES, type EventPage, type MatchEvent, type Metrics, type Team, type Timeline } from '../api/types';
import { useFeed, useFollow } from '../hooks';
import { clockOf, latestFirst, teamNameOf } from '../model/events';
import { fullTime, title } from '../model/format';
import { isLive } from '../model/liveness';
import { MatchTime } from '../model/match_time';
import { type MatchShape, shapeOf } from '../model/timeline';
import { announcement, isStale, now } from '../state';
import { ActivityChart } from './activity_chart';
import { Comparison } from './comparison';
import { Facts } from './facts';
import { MomentumChart } from './momentum_chart';
import { Name } from './name';
import { Scoreboard } from './scoreboard';
import { Ticker } from './ticker';
import { TypeCounts } from './type_counts';

const DETAILS_EVERY_MS = 2500;
const TICKER_EVENTS = 40;
const KEY_TYPES = EVENT_TYPES.filter((type) => type !== 'pass' && type !== 'interception');
const MOST_GOALS = 60;

export type TeamNames = Record<Team, string>;

function namesOf(events: MatchEvent[]): TeamNames {
  const name = (team: Team) => {
    const event = events.find((each) => each.teamId === team && teamNameOf(each) !== '');
    return event ? teamNameOf(event) : `Team ${team}`;
  };
  return { 1: name(1), 2: name(2) };
}

/** Timeline and latest events, and the clock of the match; `events` stays undefined where the service has no such list. */
function useDetails(matchId: string, metrics: Metrics | undefined, everything: boolean) {
  const [shape, setShape] = useState<MatchShape | undefined>(undefined);
  const [events, setEvents] = useState<MatchEvent[] | undefined>(undefined);
  const [goals, setGoals] = useState<MatchEvent[]>([]);
  const [clock, setClock] = useState('');
  const [edges, setEdges] = useState<MatchEvent[]>([]);
  const moments = metrics && metrics.goals * 1e6 + metrics.yellowCards * 1000 + metrics.redCards;
  useFollow(metrics?.totalEvents, moments, DETAILS_EVERY_MS, async (stop) => {
    setShape(shapeOf(await getJson<Timeline>(matchPath(matchId, 'timeline'), stop)));
  });
  const list = async (query: string, stop: AbortSignal, keep: (events: MatchEvent[] | undefined) => void) => {
    try {
      keep(latestFirst((await getJson<EventPage>(matchPath(matchId, `events?${query}`), stop)).events));
    } catch (error) {
      if (!(error instanceof Failure) || error.status !== 404) throw error;
      keep(undefined);
    }
  };
  const shown = everything ? '' : `&type=${KEY_TYPES}`;
  useFollow(metrics?.totalEvents, `${moments}${shown}`, DETAILS_EVERY_MS, (stop) =>
    list(`limit=${TICKER_EVENTS}${shown}`, stop, setEvents),
  );
  // The match's clock is that of whatever happened last, passes too.
  useFollow(metrics?.totalEvents, undefined, DETAILS_EVERY_MS, (stop) =>
    list('limit=3', stop, (found) => setClock(clockOf(found ?? []))),
  );
  useFollow(metrics?.firstEventAt, undefined, DETAILS_EVERY_MS, (stop) =>
    list('order=asc&limit=3', stop, (found) => setEdges(found ?? [])),
  );
  useFollow(metrics?.goals || undefined, metrics?.goals, DETAILS_EVERY_MS, (stop) =>
    list(`type=goal&limit=${MOST_GOALS}`, stop, (found) => setGoals(found ?? [])),
  );
  const matchTime = useMemo(() => new MatchTime([...edges, ...(events ?? []), ...goals]), [edges, events, goals]);
  return { shape, events, goals, clock, matchTime };
}

/** Says goals aloud, to those who listen rather than look. */
function useGoalAnnouncement(shape: MatchShape | undefined, names: TeamNames): Team | undefined {
  const before = useRef<Record<Team, number> | undefined>(undefined);
  const [scorer, setScorer] = useState<Team | undefined>(undefined);
  useEffect(() => {
    if (!shape) return;
    const score = { 1: shape.teams[1].goal ?? 0, 2: shape.teams[2].goal ?? 0 };
    const last = before.current;
    before.current = score;
    const team = last && ([1, 2] as const).find((each) => score[each] > last[each]);
    if (!team) return;
    announcement.value = `Goal for ${names[team]}. ${names[1]} ${score[1]}, ${names[2]} ${score[2]}.`;
    setScorer(team);
  }, [shape, names]);
  useEffect(() => {
    if (!scorer) return undefined;
    const timer = setTimeout(() => setScorer(undefined), 6000);
    return () => clearTimeout(timer);
  }, [scorer]);
  return scorer;
}

/** Whether it is being played, else when it was. */
function Played({ metrics, live }: { metrics: Metrics; live: boolean }) {
  const last = Date.parse(metrics.lastEventAt);
  return live ? <p class="badge">Live</p> : <p>Last event {fullTime(last)}</p>;
}

export function Match({ matchId }: { matchId: string }) {
  const feed = useFeed<Metrics>(matchTopic(matchId));
  const metrics = feed.value.value;
  const [everything, setEverything] = useState(false);
  const { shape, events, goals, clock, matchTime } = useDetails(matchId, metrics, everything);
  const names = useMemo(() => namesOf([...(events ?? []), ...goals]), [events, goals]);
  const scorer = useGoalAnnouncement(shape, names);
  const { name, detail } = title(matchId);
  const live = useComputed(() => {
    const played = feed.value.value;
    return played !== undefined && !isStale.value && isLive(played, now.value);
  }).value;
  return (
    <div class={`match ${events ? '' : 'without-ticker'}`}>
      <div class="heading">
        <h1>
          <Name lines={2}>{name}</Name>
        </h1>
        {metrics ? <Played metrics={metrics} live={live} /> : null}
        {detail ? (
          <p>
            <Name>{matchId}</Name>
          </p>
        ) : null}
      </div>
      {feed.unknown.value ? (
        <div class="panel empty">
          <h2>Nothing is known of this match</h2>
          <p>It appears here with its first event.</p>
        </div>
      ) : null}
      {metrics ? (
        <>
          <Scoreboard shape={shape} names={names} goals={goals} clock={clock} matchTime={matchTime} scorer={scorer} />
          <Facts metrics={metrics} shape={shape} link={feed.link} matchTime={matchTime} live={live} />
          {shape ? (
            <>
              <ActivityChart
                shape={shape}
                names={names}
                peak={metrics.peakMinute}
                goals={goals}
                matchTime={matchTime}
              />
              <MomentumChart minutes={shape.minutes} names={names} matchTime={matchTime} live={live} />
              <Comparison shape={shape} names={names} />
            </>
          ) : null}
          <TypeCounts metrics={metrics} />
          {events ? <Ticker events={events} names={names} everything={everything} onSwitch={setEverything} /> : null}
        </>
      ) : feed.unknown.value ? null : (
        <p class="waiting">Waiting for the first numbers…</p>
      )}
    </div>
  );
}
