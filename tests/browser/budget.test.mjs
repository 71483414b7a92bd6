/** What a page that is left open costs: processor and memory. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { Browser } from './browser.mjs';
import { Service } from './service.mjs';
import { patience, waitUntil } from './waiting.mjs';

const MATCH = 'left open';
const MEASURED_MS = 6000;
/** Ten minutes of a match that changes as often as a stream may tell: every 200 ms. */
const STATES = 3000;

describe('a page that is left open', { timeout: 300_000 }, () => {
  const browser = new Browser();
  let service;

  before(async () => {
    service = await Service.start();
    await service.post(MATCH, ...['pass', 'shot', 'foul', 'corner', 'goal'].flatMap((eventType) => [{ eventType }, { eventType, teamId: 2 }]));
  });
  after(() => service.stop());
  afterEach(() => browser.close());

  async function open() {
    const page = await browser.open(`${service.url}/#/match/${encodeURIComponent(MATCH)}`);
    await page.locator('.moment i').first().waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const read = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    };
    return { page, session, read };
  }

  /** What a second costs: seconds of the main thread, and how often it had to style and lay out. */
  async function cost(read) {
    const before = await read();
    await pass(MEASURED_MS);
    const after = await read();
    const each = (name) => (after[name] - before[name]) / (after.Timestamp - before.Timestamp);
    return { busy: each('TaskDuration'), styles: each('RecalcStyleCount'), layouts: each('LayoutCount') };
  }

  it('needs little of a processor, however much happens in the match', async () => {
    const { page, read } = await open();
    const quiet = await cost(read);
    const total = async () => Number((await page.getByTestId('total').innerText()).replaceAll(',', ''));
    const first = await total();
    let posting = true;
    const posts = (async () => {
      const types = ['pass', 'shot', 'corner', 'foul', 'interception', 'free_kick'];
      for (let i = 0; posting; i += 1) await service.send(MATCH, { eventType: types[i % types.length], teamId: 1 + (i % 2) });
    })();
    await waitUntil(async () => (await total()) > first, 'the match moves');
    const begun = await total();
    const live = await cost(read);
    posting = false;
    await posts;
    const what = JSON.stringify({ quiet, live });
    assert.ok((await total()) > begun + 20, `the match has moved: ${begun}, ${await total()}`);
    assert.ok(quiet.busy < 0.1 && quiet.styles < 10, `a quiet page rests: ${what}`);
    // Five states a second. An animation on the main thread styles the page sixty times.
    assert.ok(live.styles < 30 && live.layouts < 25, `nothing is animated on the main thread: ${what}`);
    assert.ok(live.busy < quiet.busy + 0.25 * patience, `a live page needs a quarter of a core at most: ${what}`);
    assert.deepEqual(page.troubles, []);
  });

  it('keeps no memory of what was', async () => {
    const { page, session, read } = await open();
    const metrics = await service.metrics(MATCH);
    const state = (total) => ({ ...metrics, totalEvents: total, eventsByType: { ...metrics.eventsByType, pass: total } });
    let told = 1_000_000;
    const feed = async (count) => {
      const blocks = Array.from({ length: count }, () => `data: ${JSON.stringify({ matches: [state((told += 1))], asOf: metrics.asOf })}\n\n`);
      await page.route('**/api/matches/stream?*', (route) => route.fulfill({ contentType: 'text/event-stream', body: blocks.join('') }), { times: 1 });
      // Another tab wants another match, so that the streams begin anew.
      const other = await browser.another(page, `${service.url}/#/match/other-${told}`);
      await page.bringToFront();
      await waitUntil(async () => (await page.getByTestId('total').innerText()) === told.toLocaleString('en'), `${count} states are shown`);
      await other.close();
      await session.send('HeapProfiler.collectGarbage');
      return (await read()).JSHeapUsedSize;
    };
    const before = await feed(100);
    const after = await feed(STATES);
    assert.ok(after < before + 2_000_000, `${STATES} states have left ${after - before} bytes of ${after}`);
  });
});
