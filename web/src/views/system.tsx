/** How the service itself does, from what it tells everyone: /metrics and /ready. */

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failure, getText, readiness } from '../api/client';
import { serverNow, syncClock } from '../api/server_clock';
import type { Readiness } from '../api/types';
import { count, counted, milliseconds, rate, shortCount } from '../model/format';
import type { Link } from '../model/freshness';
import { increase, meanOf, quantileOf, rateOf, Scrape } from '../model/prometheus';
import { isStale, shownLink } from '../state';
import { Sparkline } from './sparkline';

const EVERY_MS = 2000;
/** A service that has not answered by then is not known to be well. */
const PATIENCE_MS = 4000;
const REMEMBERED = 90;
/** Rates are over this many scrapes. */
const SPAN = 5;

interface Seen {
  scrapes: Scrape[];
  ready: Readiness | undefined;
}

/** Asks while the tab is seen. */
function useSystem(): Seen {
  const [seen, setSeen] = useState<Seen>({ scrapes: [], ready: undefined });
  useEffect(() => {
    const link = signal<Link>({ state: 'connecting' });
    shownLink.value = link;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      try {
        if (!document.hidden) {
          await syncClock();
          const [text, ready] = await Promise.all([
            getText('metrics', stop.signal, PATIENCE_MS),
            readiness(stop.signal, PATIENCE_MS),
          ]);
          const scrape = new Scrape(text, performance.now());
          setSeen(({ scrapes }) => ({ scrapes: [...scrapes, scrape].slice(-REMEMBERED), ready }));
          link.value = { state: 'open', asOf: serverNow(), heardAt: serverNow() };
        }
      } catch (error) {
        const before = link.value;
        if (error instanceof Failure && !stop.signal.aborted) {
          link.value =
            'asOf' in before && before.asOf !== undefined ? { state: 'lost', asOf: before.asOf } : { state: 'lost' };
        }
      }
      if (!stop.signal.aborted) timer = setTimeout(look, EVERY_MS);
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
      if (shownLink.value === link) shownLink.value = undefined;
    };
  }, []);
  return seen;
}

interface TileProps {
  name: string;
  value: string;
  unit?: string;
  note?: ComponentChildren;
  trend?: number[];
  alarm?: boolean;
}

function Tile({ name, value, unit, note, trend, alarm }: TileProps) {
  return (
    <div class={`panel tile ${alarm ? 'alarm' : ''}`}>
      <dt>{name}</dt>
      <dd>
        <b>
          {value}
          {unit ? <i> {unit}</i> : null}
        </b>
        {trend ? <Sparkline values={trend} /> : null}
        {note ? <small>{note}</small> : null}
      </dd>
    </div>
  );
}

/** What was healthy says nothing about now when the service does not answer. */
function Checks({ ready }: { ready: Readiness }) {
  const level = isStale.value ? 'unknown' : '';
  return (
    <ul class="checks">
      {isStale.value ? (
        <li class="bad">
          <span class="dot" aria-hidden="true" />
          <b>service</b> does not answer
        </li>
      ) : null}
      {Object.entries(ready.checks).map(([name, state]) => (
        <li key={name} class={level || (state === 'healthy' ? 'good' : 'bad')}>
          <span class="dot" aria-hidden="true" />
          <b>{name}</b> {level ? `unknown, was ${state}` : state}
        </li>
      ))}
    </ul>
  );
}

const failed = (labels: Record<string, string>) => labels.status?.startsWith('5') ?? false;

function Intake({ before, after, trend }: { before: Scrape; after: Scrape; trend: (name: string) => number[] }) {
  const name = 'fanfinity_events_ingested_total';
  const rejected = rateOf(before, after, 'fanfinity_events_rejected_total');
  const refused = increase(before, after, 'fanfinity_events_not_durable_total');
  const errors = increase(before, after, 'http_requests_total', failed);
  const answer = quantileOf(before, after, 'http_request_duration_seconds', 0.99);
  return (
    <>
      <Tile
        name="Taken in"
        value={rate(rateOf(before, after, name))}
        unit="events/s"
        trend={trend(name)}
        note={`${shortCount(after.sum(name))} since start`}
      />
      <Tile
        name="Requests"
        value={rate(rateOf(before, after, 'http_requests_total'))}
        unit="/s"
        trend={trend('http_requests_total')}
        note={answer === undefined ? undefined : `99 of 100 answered within ${milliseconds(answer * 1000)}`}
      />
      <Tile
        name="Errors"
        value={count(errors)}
        alarm={errors + refused > 0}
        note={`5xx in ten seconds; ${rate(rejected)} events/s invalid`}
      />
      <Tile name="Open connections" value={shortCount(after.sum('fanfinity_http_open_connections'))} />
    </>
  );
}

function Counting({ before, after, trend }: { before: Scrape; after: Scrape; trend: (name: string) => number[] }) {
  const name = 'fanfinity_clickhouse_events_inserted_total';
  const batch = meanOf(before, after, 'fanfinity_consumer_batch_events');
  const insert = meanOf(before, after, 'fanfinity_clickhouse_insert_duration_seconds');
  const visible = quantileOf(before, after, 'fanfinity_accept_to_visible_seconds', 0.99);
  const failures = increase(before, after, 'fanfinity_clickhouse_insert_failures_total');
  return (
    <>
      <Tile
        name="Counted"
        value={rate(rateOf(before, after, name))}
        unit="events/s"
        trend={trend(name)}
        note={`${shortCount(after.sum(name))} since start`}
      />
      <Tile
        name="Accepted to counted"
        value={visible === undefined ? '–' : milliseconds(visible * 1000)}
        note="99 of 100 events, within"
      />
      <Tile
        name="Batches"
        value={rate(rateOf(before, after, 'fanfinity_consumer_batches_total'))}
        unit="/s"
        note={
          batch === undefined
            ? 'none in ten seconds'
            : `${counted(batch, 'event', 'events', rate)} each, inserted in ${milliseconds((insert ?? 0) * 1000)}`
        }
      />
      <Tile name="Insert failures" value={count(failures)} alarm={failures > 0} note="in ten seconds" />
      <Tile
        name="Duplicates"
        value={shortCount(after.sum('fanfinity_events_duplicate_total'))}
        note="recognised since start, and counted once"
      />
    </>
  );
}

function Backlog({ ready }: { ready: Readiness }) {
  const dead = ready.deadLetters ?? 0;
  return (
    <>
      <Tile
        name="Lag"
        value={ready.lag === undefined ? '–' : shortCount(ready.lag)}
        unit="events"
        note="taken in, not counted yet"
      />
      <Tile
        name="Dead letters"
        value={ready.deadLetters === undefined ? '–' : shortCount(dead)}
        alarm={dead > 0}
        note={`${shortCount(ready.retryPending ?? 0)} waiting to be tried again`}
      />
    </>
  );
}

export function System() {
  const { scrapes, ready } = useSystem();
  const after = scrapes.at(-1);
  const before = scrapes.at(-1 - SPAN) ?? scrapes[0];
  const trend = (name: string) =>
    scrapes.slice(1).map((scrape, i) => {
      const earlier = scrapes[i];
      return earlier ? rateOf(earlier, scrape, name) : 0;
    });
  if (!after || !before) {
    return (
      <div class="system">
        <h1>System</h1>
        <p class="waiting">Waiting for the first numbers…</p>
      </div>
    );
  }
  const consumes = after.sum('fanfinity_consumer_partitions') > 0;
  return (
    <div class="system">
      <div class="heading">
        <h1>System</h1>
        <p>Fanfinity {after.label('fanfinity_build_info', 'version')}</p>
      </div>
      {ready ? <Checks ready={ready} /> : null}
      <h2>Intake</h2>
      <dl class="tiles">
        <Intake before={before} after={after} trend={trend} />
      </dl>
      <h2>Counting</h2>
      {consumes ? null : (
        <p class="note">
          This process does not count: consumers do, each with a /metrics of its own. Lag and dead letters are those of
          all.
        </p>
      )}
      <dl class="tiles">
        {ready ? <Backlog ready={ready} /> : null}
        {consumes ? <Counting before={before} after={after} trend={trend} /> : null}
      </dl>
    </div>
  );
}
