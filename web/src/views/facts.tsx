/** The strip of numbers under the score; among them how current all of it is. */

import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Metrics } from '../api/types';
import { clockOrDay, count, counted, fullTime, milliseconds, rate, span, time } from '../model/format';
import { freshness, type Link } from '../model/freshness';
import type { MatchTime } from '../model/match_time';
import { endOf, type MatchShape, paceOf } from '../model/timeline';
import { now } from '../state';
import { Since } from './since';

function Fact({ name, note, children }: { name: string; note?: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>
        {children}
        {note ? <small>{note}</small> : null}
      </dd>
    </div>
  );
}

function Pace({ shape, live }: { shape: MatchShape | undefined; live: boolean }) {
  return (
    <Fact name="Events a minute" note={live ? 'in the latest five minutes' : 'in the last five minutes of the match'}>
      <b>{shape ? rate(paceOf(shape.minutes, live ? now.value : endOf(shape.minutes))) : '–'}</b>
    </Fact>
  );
}

function Peak({ metrics, matchTime }: { metrics: Metrics; matchTime: MatchTime }) {
  const at = Date.parse(metrics.peakMinute.minute);
  const clock = matchTime.at(at + 30_000);
  const when = clockOrDay(at, now.value, time);
  const events = counted(metrics.peakMinute.eventCount, 'event', 'events');
  return (
    <Fact name="Peak minute" note={clock ? `${events}, at ${when}` : events}>
      <b title={fullTime(at)}>{clock || when}</b>
    </Fact>
  );
}

function CountedUpTo({ metrics, link }: { metrics: Metrics; link: Signal<Link> }) {
  const state = link.value;
  const fresh = freshness(state, now.value);
  const behind = fresh.level === 'current' && state.state === 'open';
  return (
    <Fact name="Counted up to" note={behind ? `${span(state.heardAt - state.asOf)} behind` : fresh.text}>
      <b class={`as-of ${fresh.level}`} title={fresh.detail}>
        {clockOrDay(Date.parse(metrics.asOf), now.value)}
      </b>
    </Fact>
  );
}

interface Props {
  metrics: Metrics;
  shape: MatchShape | undefined;
  link: Signal<Link>;
  matchTime: MatchTime;
  live: boolean;
}

export function Facts({ metrics, shape, link, matchTime, live }: Props) {
  const times = metrics.responseTimePercentiles;
  return (
    <dl class="panel facts-strip">
      <Fact
        name="Events"
        note={
          <>
            last one <Since at={Date.parse(metrics.lastEventAt)} />
          </>
        }
      >
        <b data-testid="total">{count(metrics.totalEvents)}</b>
      </Fact>
      <Pace shape={shape} live={live} />
      <Peak metrics={metrics} matchTime={matchTime} />
      <Fact
        name="Response time"
        note={times ? `median · p95 ${milliseconds(times.p95)} · p99 ${milliseconds(times.p99)}` : 'no sample yet'}
      >
        <b>{times ? milliseconds(times.p50) : '–'}</b>
      </Fact>
      <CountedUpTo metrics={metrics} link={link} />
    </dl>
  );
}
