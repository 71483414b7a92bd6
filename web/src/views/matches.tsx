/** The list: what is being played, then what was. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson } from '../api/client';
import type { MatchPage, MatchSummary } from '../api/types';
import { useFeed } from '../hooks';
import { count, title } from '../model/format';
import { now } from '../state';
import { MatchCard } from './match_card';

/** Without an event for so long a match is over, or its feed is. */
const LIVE_MS = 120_000;
const SEARCH_FROM = 7;

function isLive(match: MatchSummary): boolean {
  return now.value - Date.parse(match.lastActivityAt) < LIVE_MS;
}

function matchesText(match: MatchSummary, wanted: string): boolean {
  const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain(`${match.matchId} ${title(match.matchId).name}`).includes(plain(wanted.trim()));
}

/** By kick-off, so that nothing jumps while people look; what has ended, as it comes: the latest first. */
function inOrder(matches: MatchSummary[]): MatchSummary[] {
  return [...matches].sort(
    (a, b) => a.firstEventAt.localeCompare(b.firstEventAt) || a.matchId.localeCompare(b.matchId),
  );
}

function Section({ name, matches }: { name: string; matches: MatchSummary[] }) {
  if (matches.length === 0) return null;
  return (
    <section aria-labelledby={`section-${name.replace(' ', '-')}`}>
      <h2 id={`section-${name.replace(' ', '-')}`}>
        {name} <span class="tally">{count(matches.length)}</span>
      </h2>
      <ul class="match-list">
        {matches.map((match) => (
          <MatchCard key={match.matchId} match={match} live={isLive(match)} />
        ))}
      </ul>
    </section>
  );
}

/** Pages after the first, as they were when they were asked for. */
function useOlder(first: MatchPage | undefined) {
  const [older, setOlder] = useState<MatchSummary[]>([]);
  const [cursor, setCursor] = useState<string | undefined>(undefined);
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
  const next = older.length > 0 ? cursor : first?.nextCursor;
  const more = async () => {
    if (!next || busy.current) return;
    busy.current = true;
    try {
      const page = await getJson<MatchPage>(
        `api/matches?limit=50&cursor=${encodeURIComponent(next)}`,
        asked.current.signal,
      );
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

function Empty() {
  return (
    <div class="panel empty">
      <h2>No match yet</h2>
      <p>As soon as the first event is posted to /api/events, its match appears here.</p>
    </div>
  );
}

export function Matches() {
  const feed = useFeed<MatchPage>('api/matches/stream', 'api/matches');
  const wanted = useSignal('');
  const page = feed.value.value;
  const { older, more } = useOlder(page);
  const all = [...(page?.matches ?? []), ...older];
  const found = wanted.value.trim() ? all.filter((match) => matchesText(match, wanted.value)) : all;
  return (
    <div class="matches">
      <div class="heading">
        <h1>Matches</h1>
        {all.length >= SEARCH_FROM ? (
          <input
            type="search"
            placeholder="Search"
            aria-label={`Search the ${all.length} latest matches`}
            value={wanted.value}
            onInput={(event) => {
              wanted.value = event.currentTarget.value;
            }}
          />
        ) : null}
      </div>
      {page && all.length === 0 ? <Empty /> : null}
      {!page ? <p class="waiting">Waiting for the first numbers…</p> : null}
      {all.length > 0 && found.length === 0 ? <p class="waiting">No match is called like that.</p> : null}
      <Section name="Live now" matches={inOrder(found.filter(isLive))} />
      <Section name="Earlier" matches={found.filter((match) => !isLive(match))} />
      {more ? (
        <button type="button" class="more" onClick={more}>
          Earlier matches
        </button>
      ) : null}
    </div>
  );
}
