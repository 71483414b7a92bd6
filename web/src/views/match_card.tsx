/** One match in the list: score, cards, pace, how long ago something came in. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson, matchPath } from '../api/client';
import type { MatchSummary, Timeline } from '../api/types';
import { useFollow } from '../hooks';
import { ago, rate, shortCount, title } from '../model/format';
import { type MatchShape, paceOf, shapeOf } from '../model/timeline';
import { matchLink } from '../route';
import { now } from '../state';
import { Cards } from './cards';
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
          <bdi>{name}</bdi>
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
          {live && shape ? (
            <span>
              <b>{rate(paceOf(shape.minutes))}</b> events/min
            </span>
          ) : null}
          <span>
            <b>{shortCount(match.totalEvents)}</b> events
          </span>
          <span class="activity">{ago(now.value - Date.parse(match.lastActivityAt))}</span>
        </span>
      </a>
    </li>
  );
}
