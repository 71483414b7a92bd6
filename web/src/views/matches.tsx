/** The list: what is being played, then all other matches. */

import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson } from '../api/client';
import { LIST } from '../api/shared_streams';
import type { MatchPage, MatchSummary } from '../api/types';
import { useFeed } from '../hooks';
import { count, counted, title } from '../model/format';
import { isLive } from '../model/liveness';
import { type Place, placeHere } from '../place';
import { route } from '../route';
import { isStale, now } from '../state';
import { MatchCard } from './match_card';

const SEARCH_FROM = 7;
/** Of any letters no more than 256 bytes, which the service takes. */
const LONGEST_SEARCH = 64;
const TYPING_MS = 250;
/** How often it is looked whether a match is live still. */
const LOOK_EVERY_MS = 5000;

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

function matchesText(match: MatchSummary, wanted: string): boolean {
  const text = plain(`${match.matchId} ${title(match.matchId).name}`);
  return plain(wanted)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** By kick-off, so that nothing jumps while people look. */
function inOrder(matches: MatchSummary[]): MatchSummary[] {
  return [...matches].sort(
    (a, b) => a.firstEventAt.localeCompare(b.firstEventAt) || a.matchId.localeCompare(b.matchId),
  );
}

function Section({ name, matches, live }: { name: string; matches: MatchSummary[]; live: boolean }) {
  if (matches.length === 0) return null;
  const id = live ? 'section-live' : 'section-other';
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {name} <span class="tally">{count(matches.length)}</span>
      </h2>
      <ul class="match-list">
        {matches.map((match) => (
          <MatchCard key={match.matchId} match={match} live={live && !isStale.value} />
        ))}
      </ul>
    </section>
  );
}

const nextPage = (query: string, cursor: string, stop: AbortSignal) =>
  getJson<MatchPage>(`api/matches?limit=50&${query}cursor=${encodeURIComponent(cursor)}`, stop);

/** Pages after the first, as they were when they were asked for. */
function useOlder(first: MatchPage | undefined, place: Place) {
  const [older, setOlder] = useState<MatchSummary[]>(place.older);
  const [cursor, setCursor] = useState<string | undefined>(place.cursor);
  const asked = useRef(new AbortController());
  const busy = useRef(false);
  useEffect(() => () => asked.current.abort(), []);
  // A match that is active again pushes another off the first page, and that one is older now.
  const shown = useRef<MatchSummary[]>([]);
  useEffect(() => {
    const now = new Set(first?.matches.map((match) => match.matchId));
    const pushed = shown.current.filter((match) => !now.has(match.matchId));
    shown.current = first?.matches ?? [];
    const ids = new Set(pushed.map((match) => match.matchId));
    if (pushed.length > 0)
      setOlder((before) =>
        before.length > 0 ? [...pushed, ...before.filter((match) => !ids.has(match.matchId))] : before,
      );
  }, [first]);
  useEffect(() => {
    place.older = older;
    if (cursor) place.cursor = cursor;
    else delete place.cursor;
  }, [older, cursor, place]);
  const next = older.length > 0 ? cursor : first?.nextCursor;
  const more = async () => {
    if (!next || busy.current) return;
    busy.current = true;
    try {
      const page = await nextPage('', next, asked.current.signal);
      setOlder((before) => [...before, ...page.matches]);
      setCursor(page.nextCursor);
    } catch {
      // The button stays, and the header tells what is wrong.
    } finally {
      busy.current = false;
    }
  };
  const fresh = new Set(first?.matches.map((match) => match.matchId));
  return { older: older.filter((match) => !fresh.has(match.matchId)), more: next ? more : undefined };
}

interface Found {
  wanted: string;
  matches: MatchSummary[];
  cursor?: string | undefined;
  failed?: boolean;
}

/** What the service finds among all of its matches; undefined while it is asked. */
function useSearch(wanted: string) {
  const [found, setFound] = useState<Found | undefined>(undefined);
  useEffect(() => {
    if (!wanted) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const page = await getJson<MatchPage>(`api/matches?limit=50&q=${encodeURIComponent(wanted)}`, stop.signal);
        setFound({ wanted, matches: page.matches, cursor: page.nextCursor });
      } catch {
        if (!stop.signal.aborted) setFound({ wanted, matches: [], failed: true });
      }
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [wanted]);
  const current = found?.wanted === wanted ? found : undefined;
  const more = async () => {
    if (!current?.cursor) return;
    const query = `q=${encodeURIComponent(wanted)}&`;
    const page = await nextPage(query, current.cursor, AbortSignal.timeout(12_000)).catch(() => undefined);
    if (page) setFound({ wanted, matches: [...current.matches, ...page.matches], cursor: page.nextCursor });
  };
  return { found: current, more: current?.cursor ? more : undefined };
}

function Empty() {
  return (
    <div class="panel empty">
      <h2>No match yet</h2>
      <p>As soon as the first event is posted to api/events, its match appears here.</p>
    </div>
  );
}

function NothingFound({ found, loaded }: { found: Found | undefined; loaded: number }) {
  if (!found) return <p class="waiting">Searching…</p>;
  const text = found.failed
    ? `The service cannot be asked. None of the ${counted(loaded, 'match', 'matches')} that were loaded is called like that.`
    : 'No match is called like that.';
  return <p class="waiting">{text}</p>;
}

/** Keeps where the page was scrolled to, and goes there again once there is something to scroll. */
function useScroll(place: Place, ready: boolean) {
  const restored = useRef(false);
  useLayoutEffect(() => {
    if (!ready || restored.current) return;
    restored.current = true;
    window.scrollTo(0, place.scroll);
  }, [ready, place]);
  useEffect(() => {
    const keep = () => {
      if (restored.current && route.value.view === 'matches') place.scroll = window.scrollY;
    };
    window.addEventListener('scroll', keep, { passive: true });
    return () => window.removeEventListener('scroll', keep);
  }, [place]);
}

export function Matches() {
  const place = useMemo(placeHere, []);
  const feed = useFeed<MatchPage>(LIST);
  const text = useSignal(place.wanted);
  const page = feed.value.value ?? place.page;
  if (page) place.page = page;
  const { older, more } = useOlder(page, place);
  const wanted = text.value.trim();
  const search = useSearch(wanted);
  void useComputed(() => Math.floor(now.value / LOOK_EVERY_MS)).value;
  useScroll(place, page !== undefined);
  const all = [...(page?.matches ?? []), ...older];
  const loaded = new Set(all.map((match) => match.matchId));
  const beyond = search.found?.matches.filter((match) => !loaded.has(match.matchId)) ?? [];
  const shown = wanted ? [...all.filter((match) => matchesText(match, wanted)), ...beyond] : all;
  const live = (match: MatchSummary) => isLive(match, now.peek());
  const further = wanted ? search.more : more;
  return (
    <div class="matches">
      <div class="heading">
        <h1>Matches</h1>
        {all.length >= SEARCH_FROM || text.value ? (
          <input
            type="search"
            placeholder="Search"
            aria-label="Search all matches"
            maxLength={LONGEST_SEARCH}
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
              place.wanted = text.value;
            }}
          />
        ) : null}
      </div>
      {page && all.length === 0 ? <Empty /> : null}
      {!page ? <p class="waiting">Waiting for the first numbers…</p> : null}
      {all.length > 0 && shown.length === 0 ? <NothingFound found={search.found} loaded={all.length} /> : null}
      <Section
        name={isStale.value ? 'Live when last heard of' : 'Live now'}
        matches={inOrder(shown.filter(live))}
        live
      />
      <Section name="Other matches" matches={shown.filter((match) => !live(match))} live={false} />
      {further ? (
        <button type="button" class="more" onClick={further}>
          {wanted ? 'More results' : 'Earlier matches'}
        </button>
      ) : null}
    </div>
  );
}
