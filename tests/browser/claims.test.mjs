/** What the dashboard says is so: what is live, what was when, and that a match exists. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Browser } from './browser.mjs';
import { Service } from './service.mjs';
import { waitUntil } from './waiting.mjs';

const MINUTE_MS = 60_000;
const ago = (minutes) => new Date(Date.now() - minutes * MINUTE_MS).toISOString();

describe('the dashboard', { timeout: 600_000 }, () => {
  const browser = new Browser();
  let service;

  before(async () => {
    service = await Service.start();
  });
  after(() => service.stop());
  afterEach(() => browser.close());

  const open = (matchId, options) => browser.open(`${service.url}/#/match/${encodeURIComponent(matchId)}`, options);

  it('calls live what is played now, whenever it was received', async () => {
    await service.post('imported of 2019', { timestamp: '2019-05-01T19:00:00Z' }, { timestamp: '2019-05-01T20:50:00Z' });
    await service.post('in its break', { timestamp: ago(60) }, { timestamp: ago(14) });
    await service.post('with one wrong clock', { timestamp: ago(1) }, { timestamp: '2099-01-01T12:00:00Z' });
    const page = await browser.open(service.url);
    const names = (section) => page.locator(`section[aria-labelledby=${section}] .match-card .name bdi`).allInnerTexts();
    await page.locator('.match-card').nth(2).waitFor();
    assert.deepEqual((await names('section-live')).sort(), ['in its break', 'with one wrong clock']);
    assert.deepEqual(await names('section-other'), ['imported of 2019']);
    const card = (name) => page.locator('.match-card', { hasText: name }).locator('.activity').innerText();
    assert.match(await card('imported of 2019'), /^1 May 2019, \d\d:50$/);
    assert.match(await card('in its break'), /^14 min ago$/);
    assert.match(await card('with one wrong clock'), /^1 Jan 2099, .*in the future$/);
    assert.deepEqual(page.troubles, []);
  });

  it('says of an old match when it was, and nothing of now', async () => {
    await service.post('old', { timestamp: '2019-05-01T19:00:00Z' }, { timestamp: '2019-05-01T20:50:00Z', eventType: 'goal' });
    const page = await open('old');
    await page.getByText('in the last five minutes of the match').waitFor();
    assert.match(await page.locator('.heading').innerText(), /Last event 1 May 2019, \d\d:50:00 \S+/);
    assert.equal(await page.locator('.badge').count(), 0);
    assert.equal(await page.locator('.freshness').innerText(), 'Connected');
    assert.doesNotMatch(await page.locator('body').innerText(), /\blive\b|just now/i);
    await service.post('played', { timestamp: ago(30) }, {});
    await page.goto(`${service.url}/#/match/played`);
    await page.locator('.badge', { hasText: 'Live' }).waitFor();
  });

  it('shows the clock of the match, and own goals for what they are', async () => {
    const scorer = { team: 'Rovers', scorer: 'Zoë', minute: '45+2', period: 1 };
    await service.post(
      'clock',
      { timestamp: '2024-01-15T14:00:30Z', metadata: { minute: 1, period: 1 } },
      { timestamp: '2024-01-15T14:46:30Z', eventType: 'goal', metadata: scorer },
      { timestamp: '2024-01-15T15:20:30Z', eventType: 'goal', teamId: 2, metadata: { scorer: 'Ana', ownGoal: true, minute: 64, period: 2 } },
    );
    const page = await open('clock');
    await page.locator('.home .scorers li').waitFor();
    assert.equal((await page.locator('.home .scorers').innerText()).replace(/\s+/g, ' '), 'Zoë 45+2′');
    assert.equal((await page.locator('.away .scorers').innerText()).replace(/\s+/g, ' '), 'Ana o.g. 64′');
    assert.match(await page.locator('.ticker li').first().innerText(), /64′[^]*own goal/);
    assert.match(await page.locator('.ticker .when').first().getAttribute('title'), /15 Jan 2024, \d\d:20:30 \S+/);
    const titles = await page.locator('.moment.goal').evaluateAll((moments) => moments.map((moment) => moment.title));
    assert.match(titles[0], /^45\+2′ · \d\d:46 Goal, Rovers, 45\+2′$/);
    assert.match(titles[1], /Goal \(own goal\), Team 2, 64′$/);
    await page.getByText('Show as a table').click();
    assert.match(await page.locator('.as-table tbody th').first().innerText(), /^1′ · \d\d:00$/);
    assert.deepEqual(page.troubles, []);
  });

  it('keeps the label of the peak off the lines of goals, and one event is one', async () => {
    for (const width of [390, 1440]) {
      const matchId = `peak ${width}`;
      const busy = Array.from({ length: 8 }, () => ({ timestamp: ago(20) }));
      await service.post(matchId, { timestamp: ago(50) }, ...busy, { timestamp: ago(20), eventType: 'goal' }, { timestamp: ago(17), eventType: 'goal', teamId: 2 });
      const page = await open(matchId, { width, height: 844 });
      const peak = await page.locator('.peak').boundingBox();
      const lines = await page.locator('.moment.goal').evaluateAll((moments) => moments.map((moment) => moment.getBoundingClientRect().x));
      assert.equal(lines.length, 2);
      for (const line of lines) assert.ok(line < peak.x || line > peak.x + peak.width, `${line} crosses ${JSON.stringify(peak)}`);
      const chart = await page.locator('.chart').first().boundingBox();
      assert.ok(peak.x >= chart.x && peak.x + peak.width <= chart.x + chart.width, 'the label is not cut off');
      assert.deepEqual(page.troubles, []);
    }
    await service.post('alone', { eventType: 'goal' });
    const page = await open('alone');
    await page.locator('.peak').waitFor();
    await page.locator('.activity .u-over').hover({ position: { x: 40, y: 40 } });
    assert.doesNotMatch(await page.locator('body').innerText(), /\b1 events\b/);
    await page.goto(service.url);
    await page.locator('.match-card', { hasText: 'alone' }).waitFor();
    assert.doesNotMatch(await page.locator('body').innerText(), /\b1 events\b/);
  });

  it('finds a match that is on no page that was loaded, and says so truthfully when there is none', async () => {
    await service.post('The Hidden-Derby 1999', {});
    for (let i = 0; i < 55; i += 1) await service.post(`newer ${i}`, {});
    const page = await browser.open(service.url);
    await page.locator('.match-card').nth(49).waitFor();
    assert.equal(await page.locator('.match-card', { hasText: 'Hidden-Derby' }).count(), 0);
    const search = page.getByRole('searchbox');
    await search.fill('derby hidden');
    await page.locator('.match-card', { hasText: 'The Hidden-Derby 1999' }).waitFor();
    assert.equal(await page.locator('.match-card').count(), 1);
    await search.fill('nowhere');
    await page.getByText('No match is called like that.').waitFor();
    await search.fill('');
    await page.locator('.match-card').nth(49).waitFor();
    assert.deepEqual(page.troubles, []);
  });

  it('goes back to older pages and to the place where one was, and a reload stays there', async () => {
    const page = await browser.open(service.url);
    await page.getByRole('button', { name: 'Earlier matches' }).click();
    await page.locator('.match-card').nth(52).waitFor();
    const last = page.locator('.match-card').last();
    await last.scrollIntoViewIfNeeded();
    const all = await page.locator('.match-card').count();
    const scrolled = await page.evaluate(() => window.scrollY);
    assert.ok(scrolled > 500);
    const backAgain = async (how) => {
      await waitUntil(async () => (await page.locator('.match-card').count()) === all, `${how}: older pages are there`);
      await waitUntil(async () => Math.abs((await page.evaluate(() => window.scrollY)) - scrolled) < 200, `${how}: the place is the same`);
    };
    await last.click();
    await page.getByTestId('total').waitFor();
    assert.equal(await page.evaluate(() => window.scrollY), 0);
    await page.goBack();
    await backAgain('Back');
    await page.reload();
    await backAgain('a reload');
    assert.deepEqual(page.troubles, []);
  });
});
