// What a front-end developer would write, with the types generated from /openapi.json into api.d.ts:
// node client.js BASE_URL MATCH_ID. Prints what it was answered as JSON.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Event = components["schemas"]["Event"];
type Metrics = components["schemas"]["MatchMetrics"];

const [baseUrl, matchId] = process.argv.slice(2);
assert(baseUrl !== undefined && matchId !== undefined);
const client = createClient<paths>({ baseUrl });
const deadline = Date.now() + 60_000;

function eventOf(eventType: Event["eventType"], teamId: Event["teamId"]): Event {
  return { eventId: randomUUID(), matchId: matchId as string, eventType, teamId, timestamp: new Date().toISOString() };
}

/** Sends an event until it is acknowledged: the same id again counts once. */
async function send(event: Event): Promise<components["schemas"]["EventAccepted"]> {
  for (;;) {
    const { data, error, response } = await client.POST("/api/events", { body: event });
    if (data !== undefined) return data;
    assert(response.status === 429 || response.status === 503, error.detail);
    assert(Date.now() < deadline, error.detail);
    await pause(1000 * Number(response.headers.get("Retry-After") ?? 1));
  }
}

async function metricsOnce(sent: string): Promise<Metrics> {
  for (;;) {
    const { data, error } = await client.GET("/api/matches/{matchId}/metrics", { params: { path: { matchId: matchId as string } } });
    if (data !== undefined && Date.parse(data.asOf) > Date.parse(sent)) return data;
    assert(Date.now() < deadline, `not counted in time: ${error?.detail ?? data?.asOf}`);
    await pause(50);
  }
}

async function allMatches(limit: number): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await client.GET("/api/matches", {
      params: { query: cursor === undefined ? { limit } : { limit, cursor } },
    });
    assert(data !== undefined, error?.detail);
    found.push(...data.matches.map((match) => match.matchId));
    cursor = data.nextCursor;
  } while (cursor !== undefined);
  return found;
}

/** The fields of a message, as a reader of event streams gives them. */
function readMessage(message: paths["/api/matches/{matchId}/stream"]["get"]["responses"][200]["content"]["text/event-stream"]): string {
  return "id" in message ? `${message.data.totalEvents} events` : `nothing new since ${message.data.asOf ?? "the start"}`;
}

const goal = eventOf("goal", 1);
await send(goal);
const again = await send(goal);
const batch = await client.POST("/api/events/batch", { body: [eventOf("pass", 1), eventOf("pass", 2)] });
const metrics = await metricsOnce((await send(eventOf("foul", 2))).timestamp);
const timeline = await client.GET("/api/matches/{matchId}/timeline", { params: { path: { matchId } } });

// @ts-expect-error: no type of events
const refused = await client.POST("/api/events", { body: eventOf("own_goal", 1) });
// @ts-expect-error: there is no third team
eventOf("goal", 3);
// @ts-expect-error: no member of the metrics
void (() => metrics.ownGoals);
// @ts-expect-error: absent while there is no sample
void (() => metrics.responseTimePercentiles.p99);

console.log(
  JSON.stringify({
    again: again.known,
    heartbeat: readMessage({ event: "heartbeat", data: { asOf: null, storeAvailable: false } }),
    batch: batch.data,
    metrics,
    buckets: timeline.data?.buckets.reduce((sum, bucket) => sum + bucket.total, 0),
    refused: refused.error?.errors?.map((error) => error.field),
    matches: await allMatches(2),
  }),
);
