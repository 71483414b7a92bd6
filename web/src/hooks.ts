/** Ties feeds and requests to the life of what shows them. */

import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Dated, type Feed, openFeed } from './api/feed';
import { shownLink } from './state';

/** A feed for as long as the component is there; the header tells how fresh it is. */
export function useFeed<T extends Dated>(topic: string): Feed<T> {
  const feed = useMemo(() => openFeed<T>(topic), [topic]);
  useEffect(() => {
    shownLink.value = feed.link;
    return () => {
      feed.close();
      if (shownLink.value === feed.link) shownLink.value = undefined;
    };
  }, [feed]);
  return feed;
}

/**
 * Calls `load` when `key` changes: at once when `urgent` changed too, else so that calls are `pause` ms apart.
 * One at a time; one that failed is repeated after the pause.
 */
export function useFollow(
  key: string | number | undefined,
  urgent: string | number | undefined,
  pause: number,
  load: (stop: AbortSignal) => Promise<void>,
): void {
  const last = useRef({ at: Number.NEGATIVE_INFINITY, urgent: undefined as string | number | undefined });
  const current = useRef(load);
  current.current = load;
  const loading = useRef(Promise.resolve());
  const gone = useRef(new AbortController());
  useEffect(() => {
    gone.current = new AbortController();
    return () => gone.current.abort();
  }, []);
  useEffect(() => {
    if (key === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let superseded = false;
    const begin = async () => {
      await loading.current;
      if (superseded || gone.current.signal.aborted) return;
      const wait = last.current.urgent === urgent ? last.current.at + pause - performance.now() : 0;
      if (wait > 0) {
        timer = setTimeout(begin, wait);
        return;
      }
      last.current = { at: performance.now(), urgent };
      loading.current = current.current(gone.current.signal).catch(() => {
        if (!superseded && !gone.current.signal.aborted) timer = setTimeout(begin, pause);
      });
    };
    void begin();
    return () => {
      superseded = true;
      clearTimeout(timer);
    };
  }, [key, urgent, pause]);
}
