/** The latest events, in words. */

import type { MatchEvent } from '../api/types';
import { detailOf, matchClock, playerOf } from '../model/events';
import { clockOrDay, fullTime, TYPE_NAMES } from '../model/format';
import type { TeamNames } from './match';
import { Name } from './name';

interface Props {
  events: MatchEvent[];
  names: TeamNames;
  /** Passes and interceptions, too. */
  everything: boolean;
  onSwitch: (everything: boolean) => void;
}

export function Ticker({ events, names, everything, onSwitch }: Props) {
  // The page says on which day the match was; other days are named.
  const latest = Date.parse(events[0]?.timestamp ?? '');
  return (
    <section class="panel ticker" aria-labelledby="ticker">
      <div class="panel-head">
        <h2 id="ticker">Latest events</h2>
        <button type="button" aria-pressed={everything} onClick={() => onSwitch(!everything)}>
          Every pass
        </button>
      </div>
      {events.length === 0 ? <p class="note">None yet.</p> : null}
      <section class="scroll" tabIndex={0} aria-label="Latest events, the newest first">
        <ol>
          {events.map((event) => {
            const [who, detail] = [playerOf(event), detailOf(event)];
            return (
              <li key={event.eventId} class={`${event.teamId === 1 ? 'home' : 'away'} ${event.eventType}`}>
                <span class="when" title={fullTime(Date.parse(event.timestamp))}>
                  {matchClock(event) || clockOrDay(Date.parse(event.timestamp), latest)}
                </span>
                <span class="what">
                  <b>{TYPE_NAMES[event.eventType][0]}</b>
                  <span class="unseen">, {names[event.teamId]}</span>
                  {who ? <Name lines={2}>{who}</Name> : null}
                  {detail ? (
                    <small>
                      <Name lines={2}>{detail}</Name>
                    </small>
                  ) : null}
                </span>
              </li>
            );
          })}
        </ol>
      </section>
    </section>
  );
}
