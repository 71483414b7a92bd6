/** What changes on the service, kept up to date here. */

import { batch, type Signal, signal } from '@preact/signals';
import type { Link } from '../model/freshness';
import { keyWanted } from './client';
import { serverNow, syncClock } from './server_clock';
import { type News, subscribe } from './shared_streams';

export interface Dated {
  asOf: string;
}

export interface Feed<T extends Dated> {
  value: Signal<T | undefined>;
  link: Signal<Link>;
  /** The service knows nothing of this (yet). */
  unknown: Signal<boolean>;
  close: () => void;
}

/** Until `close`, which must be called. A hidden tab lets go of the service and catches up when it is seen. */
export function openFeed<T extends Dated>(topic: string): Feed<T> {
  const value = signal<T | undefined>(undefined);
  const link = signal<Link>({ state: 'connecting' });
  const unknown = signal(false);

  const beaten = (asOf: string | null, storeAvailable: boolean) => {
    const before = link.peek();
    const known = asOf ? Date.parse(asOf) : 'asOf' in before ? before.asOf : undefined;
    // A stream of a match that has no event yet has heartbeats only.
    unknown.value = storeAvailable && value.peek() === undefined;
    if (known !== undefined)
      link.value = { state: 'open', asOf: known, heardAt: serverNow(), storeAway: !storeAvailable };
  };

  const lost = (status: number) => {
    unknown.value = status === 404;
    keyWanted.value ||= status === 401 || status === 403;
    const before = link.peek();
    if (status === 404) link.value = { state: 'connecting' };
    else if (before.state !== 'lost') link.value = { ...before, state: 'lost' };
  };

  const take = (news: News) => {
    switch (news.kind) {
      case 'state':
        value.value = news.value as unknown as T;
        void syncClock();
        return beaten(news.value.asOf, true);
      case 'beat':
        return beaten(news.asOf, news.storeAvailable);
      case 'lost':
        return lost(news.status);
      case 'joining': {
        void syncClock();
        const before = link.peek();
        link.value = 'asOf' in before ? { state: 'connecting', asOf: before.asOf } : { state: 'connecting' };
      }
    }
  };
  void syncClock();
  const close = subscribe(topic, (news) => batch(() => take(news)));
  return { value, link, unknown, close };
}
