/** The latest events, in words. */

import type { MatchEvent } from '../api/types';
import { detailOf, matchClock, playerOf } from '../model/events';
import { clock, TYPE_NAMES } from '../model/format';
import type { TeamNames } from './match';

interface Props {
  events: MatchEvent[];
  names: TeamNames;
  /** Passes and interceptions, too. */
  everything: boolean;
  onSwitch: (everything: boolean) => void;
}

export function Ticker({ events, names, everything, onSwitch }: Props) {
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
                <span class="when" title={clock(Date.parse(event.timestamp))}>
                  {matchClock(event) || clock(Date.parse(event.timestamp))}
                </span>
                <span class="what">
                  <b>{TYPE_NAMES[event.eventType][0]}</b>
                  <span class="unseen">, {names[event.teamId]}</span>
                  {who ? <bdi>{who}</bdi> : null}
                  {detail ? <small dir="auto">{detail}</small> : null}
                </span>
              </li>
            );
          })}
        </ol>
      </section>
    </section>
  );
}
