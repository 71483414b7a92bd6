/** The strip of numbers under the score; among them how current all of it is. */

import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Metrics } from '../api/types';
import { ago, clock, count, milliseconds, rate, span, time } from '../model/format';
import { freshness, type Link } from '../model/freshness';
import { type MatchShape, paceOf } from '../model/timeline';
import { now } from '../state';

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

export function Facts({
  metrics,
  shape,
  link,
}: {
  metrics: Metrics;
  shape: MatchShape | undefined;
  link: Signal<Link>;
}) {
  const state = link.value;
  const fresh = freshness(state, now.value);
  const times = metrics.responseTimePercentiles;
  return (
    <dl class="panel facts-strip">
      <Fact name="Events" note={`last one ${ago(now.value - Date.parse(metrics.lastEventAt))}`}>
        <b data-testid="total">{count(metrics.totalEvents)}</b>
      </Fact>
      <Fact name="Events a minute" note="latest five minutes">
        <b>{shape ? rate(paceOf(shape.minutes)) : '–'}</b>
      </Fact>
      <Fact name="Peak minute" note={`${count(metrics.peakMinute.eventCount)} events`}>
        <b>{time(Date.parse(metrics.peakMinute.minute))}</b>
      </Fact>
      <Fact
        name="Response time"
        note={times ? `median · p95 ${milliseconds(times.p95)} · p99 ${milliseconds(times.p99)}` : 'no sample yet'}
      >
        <b>{times ? milliseconds(times.p50) : '–'}</b>
      </Fact>
      <Fact
        name="Counted up to"
        note={
          fresh.level === 'live' && state.state === 'open' ? `${span(state.heardAt - state.asOf)} behind` : fresh.text
        }
      >
        <b class={`as-of ${fresh.level}`} title={fresh.detail}>
          {clock(Date.parse(metrics.asOf))}
        </b>
      </Fact>
    </dl>
  );
}
