/** One match in the list: score, cards, pace, how long ago its last event was. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson, matchPath } from '../api/client';
import type { MatchSummary, Timeline } from '../api/types';
import { useFollow } from '../hooks';
import { rate, shortCount, title } from '../model/format';
import { type MatchShape, type Minute, paceOf, shapeOf } from '../model/timeline';
import { matchLink } from '../route';
import { now } from '../state';
import { Cards } from './cards';
import { Name } from './name';
import { Since } from './since';
import { Sparkline } from './sparkline';

const DETAILS_EVERY_MS = 5000;

/** Only cards that are looked at ask for details. */
function useSeen() {
  const ref = useRef<HTMLLIElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!ref.current) return undefined;
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? false));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return { ref, seen };
}

function Pace({ minutes }: { minutes: Minute[] }) {
  return (
    <span>
      <b>{rate(paceOf(minutes, now.value))}</b> events/min
    </span>
  );
}

export function MatchCard({ match, live }: { match: MatchSummary; live: boolean }) {
  const { ref, seen } = useSeen();
  const [shape, setShape] = useState<MatchShape | undefined>(undefined);
  useFollow(seen ? match.totalEvents : undefined, match.goals, DETAILS_EVERY_MS, async (stop) => {
    setShape(shapeOf(await getJson<Timeline>(matchPath(match.matchId, 'timeline'), stop)));
  });
  const { name, detail } = title(match.matchId);
  const [home, away] = [shape?.teams[1], shape?.teams[2]];
  return (
    <li ref={ref}>
      <a class={`match-card ${live ? 'live' : ''}`} href={matchLink(match.matchId)}>
        <span class="name">
          <Name lines={3}>{name}</Name>
          {detail ? <small>{detail}</small> : null}
        </span>
        <span class="score">
          {home && away ? (
            <>
              <b class="home">{home.goal ?? 0}</b>
              <span class="unseen"> to </span>
              <i aria-hidden="true">–</i>
              <b class="away">{away.goal ?? 0}</b>
            </>
          ) : (
            <i>–</i>
          )}
        </span>
        <Cards
          yellow={(home?.yellow_card ?? 0) + (away?.yellow_card ?? 0)}
          red={(home?.red_card ?? 0) + (away?.red_card ?? 0)}
        />
        <Sparkline values={shape?.minutes.map((minute) => minute.total) ?? []} />
        <span class="facts">
          {live && shape ? <Pace minutes={shape.minutes} /> : null}
          <span>
            <b>{shortCount(match.totalEvents)}</b> {match.totalEvents === 1 ? 'event' : 'events'}
          </span>
          <span class="activity">
            <Since at={Date.parse(match.lastEventAt)} />
          </span>
        </span>
      </a>
    </li>
  );
}
