/**
 * What changes on the service, over as few connections as can be: a browser opens six to a host, over all its tabs.
 * One visible tab of the browser holds a stream of the list and one of the matches that are shown anywhere.
 */

import { accessKey, Failure, getJson, matchPath } from './client';
import { type Channel, TabGroup } from './tab_group';
import type { MatchPage, Metrics } from './types';
import { type Heartbeat, keepUp, type Source } from './upstream';

export type News = { topic: string } & (
  | { kind: 'state'; value: MatchPage | Metrics }
  | { kind: 'beat'; asOf: string | null; storeAvailable: boolean }
  | { kind: 'lost'; status: number }
  /** This tab has just been opened, or shown again. */
  | { kind: 'joining' }
);
type Listener = (news: News) => void;

export const LIST = 'list';
const MATCH = 'match:';
export const matchTopic = (matchId: string) => MATCH + matchId;

// The service's own limit, and what every proxy takes for a request line. Further matches are asked for.
const MOST_MATCHES = 16;
const LONGEST_QUERY = 6000;
const GATHER_MS = 40;

const listeners = new Map<string, Set<Listener>>();
let group: TabGroup<News[]> | undefined;

// While this tab leads: what it keeps up, and what it heard last of each topic.
const sources = new Map<string, AbortController>();
const states = new Map<string, { text: string; news: News }>();
const conditions = new Map<string, News>();
let gathering: ReturnType<typeof setTimeout> | undefined;

function hear(news: News[]): void {
  for (const each of news) for (const listener of listeners.get(each.topic) ?? []) listener(each);
}

function publish(news: News[]): void {
  for (const each of news) if (each.kind !== 'state') conditions.set(each.topic, each);
  hear(news);
  group?.tell(news);
}

/** A state, or no more than a sign of life where the topic has it already. */
function newsOf(topic: string, value: MatchPage | Metrics): News {
  const { asOf, ...content } = value;
  const text = JSON.stringify(content);
  if (states.get(topic)?.text === text) return { topic, kind: 'beat', asOf, storeAvailable: true };
  const news: News = { topic, kind: 'state', value };
  states.set(topic, { text, news });
  conditions.delete(topic);
  return news;
}

/** The part of a source that is the same for all topics. */
function common(topics: string[]): Pick<Source, 'onHeartbeat' | 'onLost'> {
  return {
    onHeartbeat: ({ asOf, storeAvailable = true }: Heartbeat) =>
      publish(topics.map((topic) => ({ topic, kind: 'beat', asOf, storeAvailable }))),
    onLost: (error) => {
      const status = error instanceof Failure ? error.status : 0;
      publish(topics.map((topic) => ({ topic, kind: 'lost', status })));
    },
  };
}

function listSource(): Source {
  const take = (page: MatchPage) => publish([newsOf(LIST, page)]);
  return {
    ...common([LIST]),
    streamPath: 'api/matches/stream',
    poll: async (stop) => take(await getJson<MatchPage>('api/matches', stop)),
    onState: (data) => take(JSON.parse(data) as MatchPage),
  };
}

async function askFor(topic: string, stop: AbortSignal): Promise<void> {
  try {
    publish([newsOf(topic, await getJson<Metrics>(matchPath(topic.slice(MATCH.length), 'metrics'), stop))]);
  } catch (error) {
    if (!(error instanceof Failure) || error.status !== 404) throw error;
    publish([{ topic, kind: 'lost', status: 404 }]);
  }
}

/** Matches that are named in one stream; without `streamPath` they are asked for, one after the other. */
function matchesSource(topics: string[], streamPath: string): Source {
  return {
    ...common(topics),
    streamPath,
    poll: async (stop) => {
      for (const topic of topics) await askFor(topic, stop);
    },
    onState: (data) => {
      const { matches, asOf } = JSON.parse(data) as { matches: Omit<Metrics, 'asOf'>[]; asOf: string };
      // A service of an earlier version knows no names, and streams the list.
      if (matches.some((match) => !match.eventsByType)) throw new Failure(406, 'This is no stream of named matches.');
      const found = new Map(matches.map((match) => [matchTopic(match.matchId), match]));
      publish(
        topics.map((topic) => {
          const match = found.get(topic);
          return match ? newsOf(topic, { ...match, asOf }) : { topic, kind: 'beat', asOf, storeAvailable: true };
        }),
      );
    },
  };
}

/** What is kept up for these topics, by names that are the same for the same. */
function planFor(topics: string[]): Map<string, () => Source> {
  const plan = new Map<string, () => Source>();
  if (topics.includes(LIST)) plan.set(LIST, listSource);
  const streamed: string[] = [];
  const asked: string[] = [];
  let query = '';
  for (const topic of topics.filter((each) => each.startsWith(MATCH))) {
    const named = `${query ? '&' : '?'}match=${encodeURIComponent(topic.slice(MATCH.length))}`;
    if (streamed.length < MOST_MATCHES && query.length + named.length <= LONGEST_QUERY) {
      query += named;
      streamed.push(topic);
    } else {
      asked.push(topic);
    }
  }
  const streamPath = `api/matches/stream${query}`;
  if (query) plan.set(streamPath, () => matchesSource(streamed, streamPath));
  if (asked.length > 0) plan.set(`asked ${JSON.stringify(asked)}`, () => matchesSource(asked, ''));
  return plan;
}

function lead(topics: string[]): void {
  clearTimeout(gathering);
  // Tabs that are opened together need one stream, not one after the other.
  gathering = setTimeout(() => {
    const plan = planFor(topics);
    for (const [name, source] of sources) {
      if (plan.has(name)) continue;
      source.abort();
      sources.delete(name);
    }
    for (const [name, source] of plan) {
      if (sources.has(name)) continue;
      const stop = new AbortController();
      sources.set(name, stop);
      keepUp(source(), stop.signal);
    }
    for (const topic of states.keys()) if (!topics.includes(topic)) states.delete(topic);
    for (const topic of conditions.keys()) if (!topics.includes(topic)) conditions.delete(topic);
  }, GATHER_MS);
}

function follow(): void {
  clearTimeout(gathering);
  for (const source of sources.values()) source.abort();
  for (const known of [sources, states, conditions]) known.clear();
}

function known(topics: string[]): News[] | undefined {
  const news = topics.flatMap((topic) => [states.get(topic)?.news, conditions.get(topic)]).filter((each) => !!each);
  return news.length > 0 ? news : undefined;
}

function openChannel(): Channel | undefined {
  // Only tabs with the same build of this page, from the same path, and with the same key hear each other.
  const name = `fanfinity ${import.meta.url} ${accessKey.peek()}`;
  try {
    return new BroadcastChannel(name);
  } catch {
    // An old browser, or one that forbids it: this tab has streams of its own.
    return undefined;
  }
}

function leave(): void {
  group?.leave();
  group = undefined;
}

function join(): void {
  if (group || document.hidden || listeners.size === 0) return;
  hear([...listeners.keys()].map((topic) => ({ topic, kind: 'joining' })));
  group = new TabGroup<News[]>(openChannel(), { lead, follow, hear, known });
  group.want([...listeners.keys()]);
}

document.addEventListener('visibilitychange', () => (document.hidden ? leave() : join()));
window.addEventListener('pagehide', leave);
window.addEventListener('pageshow', join);
accessKey.subscribe(() => {
  leave();
  join();
});

/** Returns what ends it. */
export function subscribe(topic: string, listener: Listener): () => void {
  const those = listeners.get(topic) ?? new Set();
  listeners.set(topic, those.add(listener));
  join();
  group?.want([...listeners.keys()]);
  const latest = known([topic]);
  if (latest) for (const each of latest) listener(each);
  return () => {
    those.delete(listener);
    if (those.size === 0 && listeners.get(topic) === those) listeners.delete(topic);
    group?.want([...listeners.keys()]);
  };
}
