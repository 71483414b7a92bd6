/** Many tabs of one browser: it opens six connections to a host, and all tabs are alive and right. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Browser } from './browser.mjs';
import { Service } from './service.mjs';
import { waitUntil } from './waiting.mjs';

const TABS = 10;
const AWAY = { expected: [/Failed to load resource/, /ERR_/] };

describe('ten tabs', { timeout: 600_000 }, () => {
  const browser = new Browser();
  let service;

  before(async () => {
    service = await Service.start();
  });
  after(() => service.stop());
  afterEach(() => browser.close());

  const url = (matchId) => `${service.url}/#/match/${encodeURIComponent(matchId)}`;

  async function openAll(matchIds) {
    await Promise.all([...new Set(matchIds)].map((matchId) => service.post(matchId, {})));
    const first = await browser.open(url(matchIds[0]), AWAY);
    return [first, ...(await Promise.all(matchIds.slice(1).map((matchId) => browser.another(first, url(matchId), AWAY))))];
  }

  /** The score comes by plain requests, and the number of events by the stream. */
  const shows = async (tab, events, goals) =>
    (await tab.getByTestId('total').innerText({ timeout: 500 })) === String(events) &&
    (await tab.getByTestId('score-1').innerText({ timeout: 500 })) === String(goals);

  async function allShow(tabs, events, goals) {
    await waitUntil(async () => {
      const seen = await Promise.all(tabs.map((tab) => shows(tab, events, goals).catch(() => false)));
      return seen.every(Boolean) || assert.fail(`tabs that show it: ${seen}`);
    }, `${tabs.length} tabs show ${events} events and ${goals} goals`, 15);
  }

  async function goalIn(matchIds) {
    await Promise.all(matchIds.map((matchId) => service.post(matchId, { eventType: 'goal' })));
  }

  async function openStreams() {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    return Number(/^fanfinity_http_open_streams (\d+)/m.exec(metrics)[1]);
  }

  const setHidden = (tab, hidden) =>
    tab.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);

  const untroubled = (tabs) => assert.deepEqual(tabs.flatMap((tab) => tab.troubles), []);

  it('on ten matches are all right, whoever of them closes, freezes or is hidden', async () => {
    const ids = Array.from({ length: TABS }, (_, i) => `tab ${i} / of "ten"`);
    const tabs = await openAll(ids);
    await allShow(tabs, 1, 0);
    await goalIn(ids);
    await allShow(tabs, 2, 1);
    await waitUntil(async () => (await openStreams()) === 1, 'one connection carries all of them');

    await tabs.shift().close();
    ids.shift();
    await goalIn(ids);
    await allShow(tabs, 3, 2);

    const frozen = await tabs[0].context().newCDPSession(tabs[0]);
    await frozen.send('Page.setWebLifecycleState', { state: 'frozen' });
    await goalIn(ids);
    await allShow(tabs.slice(1), 4, 3);
    await frozen.send('Page.setWebLifecycleState', { state: 'active' });
    await allShow(tabs, 4, 3);

    for (const tab of tabs.slice(0, -1)) await setHidden(tab, true);
    await goalIn(ids);
    await allShow(tabs.slice(-1), 5, 4);
    assert.ok(await shows(tabs[0], 4, 3), 'a hidden tab has let go');
    await setHidden(tabs.at(-1), true);
    await waitUntil(async () => (await openStreams()) === 0, 'nobody looks, and nothing is streamed');
    for (const tab of tabs) await setHidden(tab, false);
    await allShow(tabs, 5, 4);
    untroubled(tabs);
  });

  it('on one match, and the list beside them, need two connections', async () => {
    const tabs = await openAll(Array(TABS).fill('one for all'));
    const list = await browser.another(tabs[0], service.url);
    await list.locator('.match-card', { hasText: 'one for all' }).waitFor();
    await goalIn(['one for all']);
    await allShow(tabs, 2, 1);
    await waitUntil(async () => (await openStreams()) === 2, 'the list has a connection, and the match');
    await tabs.shift().close();
    await goalIn(['one for all']);
    await allShow(tabs, 3, 2);
    untroubled([...tabs, list]);
  });

  it('of a service that knows no stream of several matches ask it instead', async () => {
    await service.post('asked for', {});
    const page = await browser.open(service.url);
    await page.locator('.match-card', { hasText: 'asked for' }).waitFor();
    // As an earlier version answers: with the list.
    const list = { matches: [{ matchId: 'asked for', totalEvents: 1, goals: 0 }], asOf: new Date().toISOString() };
    await page.route('**/api/matches/stream?*', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: `data: ${JSON.stringify(list)}\n\n` }),
    );
    await page.locator('.match-card', { hasText: 'asked for' }).click();
    await allShow([page], 1, 0);
    await goalIn(['asked for']);
    await allShow([page], 2, 1);
    untroubled([page]);
  });

  it('on more matches than one stream may name are right, too', async () => {
    const ids = Array.from({ length: 18 }, (_, i) => `many ${i}`);
    const tabs = await openAll(ids);
    await goalIn(ids);
    await allShow(tabs, 2, 1);
    assert.equal(await openStreams(), 1);
    untroubled(tabs);
  });
});
