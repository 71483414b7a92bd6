/** What changes on the server, kept up to date here: by a stream, or by asking again and again where none can be had. */

import { batch, type Signal, signal } from '@preact/signals';
import type { Link } from '../model/freshness';
import { Failure, getJson, request } from './client';
import { EventStreamParser } from './event_stream';
import { serverNow, syncClock } from './server_clock';

const POLL_EVERY_MS = 1000;
// Longer than the pause between heartbeats: then nobody is at the other end.
const SILENCE_MS = 20_000;
const LONGEST_WAIT_MS = 5000;
const STREAM_AGAIN_AFTER_MS = 30_000;

export interface Dated {
  asOf: string;
}

interface Heartbeat {
  asOf: string | null;
  storeAvailable?: boolean;
}

export interface Feed<T extends Dated> {
  value: Signal<T | undefined>;
  link: Signal<Link>;
  /** The service knows nothing of this (yet). */
  unknown: Signal<boolean>;
  close: () => void;
}

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener('abort', done);
    if (stop.aborted) done();
  });
}

function whenVisible(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (document.hidden && !stop.aborted) return;
      document.removeEventListener('visibilitychange', check);
      stop.removeEventListener('abort', check);
      resolve();
    };
    document.addEventListener('visibilitychange', check);
    stop.addEventListener('abort', check);
    check();
  });
}

/** Until `close`, which must be called. A hidden tab lets go of its connection and catches up when it is seen. */
export function openFeed<T extends Dated>(streamPath: string, pollPath: string): Feed<T> {
  const value = signal<T | undefined>(undefined);
  const link = signal<Link>({ state: 'connecting' });
  const unknown = signal(false);
  const closed = new AbortController();
  let failures = 0;
  let advised = 0;
  let noStreamUntil = 0;

  const heard = (next: T) => {
    failures = 0;
    batch(() => {
      value.value = next;
      unknown.value = false;
      link.value = { state: 'open', asOf: Date.parse(next.asOf), heardAt: serverNow() };
    });
  };

  const beaten = ({ asOf, storeAvailable = true }: Heartbeat) => {
    failures = 0;
    const before = link.value;
    const known = asOf ? Date.parse(asOf) : 'asOf' in before ? before.asOf : undefined;
    batch(() => {
      // A stream of a match that has no event yet has heartbeats only.
      unknown.value = storeAvailable && value.value === undefined;
      if (known !== undefined)
        link.value = { state: 'open', asOf: known, heardAt: serverNow(), storeAway: !storeAvailable };
    });
  };

  const lost = (error: unknown) => {
    failures += 1;
    const missing = error instanceof Failure && error.status === 404;
    batch(() => {
      unknown.value = missing;
      const before = link.value;
      if (missing) link.value = { state: 'connecting' };
      else if (before.state === 'open') link.value = { state: 'lost', asOf: before.asOf };
      else if (before.state === 'connecting') link.value = { state: 'lost' };
    });
  };

  const follow = async (stop: AbortSignal) => {
    const silent = new AbortController();
    const give = () => silent.abort();
    stop.addEventListener('abort', give);
    let timer = setTimeout(give, SILENCE_MS);
    try {
      const response = await request(streamPath, 'text/event-stream', silent.signal);
      const type = response.headers.get('Content-Type') ?? '';
      if (!response.body || !type.startsWith('text/event-stream')) throw new Failure(406, 'This is no stream.');
      const parser = new EventStreamParser();
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value: bytes } = await reader.read();
        if (done) throw new Failure(0, 'The stream ended.');
        clearTimeout(timer);
        timer = setTimeout(give, SILENCE_MS);
        const events = parser.push(decoder.decode(bytes, { stream: true }));
        advised = Math.min(parser.retryMs, LONGEST_WAIT_MS);
        for (const event of events) {
          if (event.type === 'message') heard(JSON.parse(event.data) as T);
          else if (event.type === 'heartbeat') beaten(JSON.parse(event.data) as Heartbeat);
        }
      }
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', give);
      silent.abort();
    }
  };

  const poll = async (stop: AbortSignal) => {
    heard(await getJson<T>(pollPath, stop));
  };

  /** One attempt at a stream; or one question where there is none. */
  const attempt = async (stop: AbortSignal) => {
    await syncClock(stop);
    if (performance.now() >= noStreamUntil) {
      try {
        await follow(stop);
      } catch (error) {
        // Refused, not broken: ask instead, and try the stream again later.
        if (!(error instanceof Failure) || error.status < 400) throw error;
        noStreamUntil = performance.now() + STREAM_AGAIN_AFTER_MS;
      }
    }
    await poll(stop);
    await sleep(POLL_EVERY_MS, stop);
  };

  const run = async () => {
    while (!closed.signal.aborted) {
      await whenVisible(closed.signal);
      const turn = new AbortController();
      const end = () => (document.hidden || closed.signal.aborted) && turn.abort();
      document.addEventListener('visibilitychange', end);
      closed.signal.addEventListener('abort', end);
      try {
        await attempt(turn.signal);
      } catch (error) {
        if (!turn.signal.aborted) {
          lost(error);
          const wait = Math.min(LONGEST_WAIT_MS, 250 * 2 ** Math.min(failures - 1, 6)) * (0.5 + Math.random() / 2);
          // Each client is told another time, so that not all come again in the same moment.
          const least = advised;
          advised = 0;
          await sleep(Math.max(wait, least), turn.signal);
        }
      } finally {
        document.removeEventListener('visibilitychange', end);
        closed.signal.removeEventListener('abort', end);
      }
    }
  };
  void run();
  return { value, link, unknown, close: () => closed.abort() };
}
