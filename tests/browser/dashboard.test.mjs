/** The dashboard in a real Chromium, served by a real `fanfinity up`, with simulated matches. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { serious } from './accessibility.mjs';
import { Browser } from './browser.mjs';
import { ROOT, Service } from './service.mjs';
import { patience, waitUntil } from './waiting.mjs';

const PICTURES = join(ROOT, 'build/screenshots');
const AWAY = [/Failed to load resource/, /ERR_/];
/** Outlives a match: the demo's pace. */
const MINUTES = 60_000;

const matchUrl = (service, matchId) => `${service.url}/#/match/${encodeURIComponent(matchId)}`;
const number = async (page, id) => Number((await page.getByTestId(id).innerText()).replaceAll(',', ''));

/** What the page says of a match, and what the API says. */
async function shown(page) {
  return {
    total: await number(page, 'total'),
    passes: await number(page, 'type-pass'),
    score: [await number(page, 'score-1'), await number(page, 'score-2')],
  };
}

async function told(service, matchId) {
  const metrics = await service.metrics(matchId);
  const { buckets } = await service.get(`/api/matches/${encodeURIComponent(matchId)}/timeline`);
  const goals = (team) => buckets.reduce((sum, bucket) => sum + (bucket.teams[team].goal ?? 0), 0);
  return { total: metrics.totalEvents, passes: metrics.eventsByType.pass ?? 0, score: [goals(1), goals(2)] };
}

async function agree(page, service, matchId) {
  await waitUntil(async () => {
    const [seen, known] = [await shown(page), await told(service, matchId)];
    assert.deepEqual(seen, known);
    return true;
  }, 'the page shows what the API answers');
}

describe('the dashboard', { timeout: 15 * MINUTES }, () => {
  const browser = new Browser();
  let service;

  before(async () => {
    service = await Service.start();
  });
  after(() => service.stop());
  afterEach(() => browser.close());

  it('shows the demo match, moves with it, and agrees with the API in the end', async () => {
    const page = await browser.open(service.url);
    await page.getByText('No match yet').waitFor();
    const match = service.simulate('--matches', '2', '--speed', '400', '--seed', 'browser');
    const card = page.locator('.match-card').first();
    await card.waitFor();
    await card.click();
    await page.getByTestId('total').waitFor();
    const before = await number(page, 'total');
    await waitUntil(async () => (await number(page, 'total')) > before, 'the number of events grows');
    await page.locator('.freshness.current').waitFor();
    const matchId = decodeURIComponent(new URL(page.url()).hash.slice('#/match/'.length));
    await match.ended;
    await agree(page, service, matchId);
    assert.ok((await shown(page)).total > 500);
    assert.deepEqual(page.troubles, []);
  });

  it('keeps its place over a reload', async () => {
    await service.post('place', { eventType: 'goal' }, {}, {});
    const page = await browser.open(matchUrl(service, 'place'));
    await page.getByTestId('total').waitFor();
    await page.reload();
    await waitUntil(async () => (await number(page, 'total')) === 3, 'the match is there again');
    assert.deepEqual(page.troubles, []);
  });

  it('tells goals to those who listen', async () => {
    await service.post('listened', {});
    const page = await browser.open(matchUrl(service, 'listened'));
    await waitUntil(async () => (await number(page, 'score-1')) === 0, 'the score is shown');
    await service.post('listened', { eventType: 'goal', teamId: 2 });
    const live = page.locator('output[aria-live=polite]');
    await waitUntil(async () => /Goal for Team 2\. Team 1 0, Team 2 1\./.test(await live.innerText()), 'the goal is told');
    assert.deepEqual(page.troubles, []);
  });

  it('has the chart as a table', async () => {
    await service.post('table', { eventType: 'goal' }, { teamId: 2 });
    const page = await browser.open(matchUrl(service, 'table'));
    await page.getByText('Show as a table').click();
    const row = page.locator('.as-table tbody tr').first();
    assert.match(await row.innerText(), /Goal, Team 1/);
  });

  it('says so when nothing is known of a match, and shows it when it begins', async () => {
    const page = await browser.open(matchUrl(service, 'to come'), { expected: AWAY });
    await page.getByText('Nothing is known of this match').waitFor();
    await service.post('to come', {}, {});
    await waitUntil(async () => (await number(page, 'total')) === 2, 'the match is shown');
  });

  it('can be used by keyboard alone', async () => {
    await service.post('keys', {});
    const page = await browser.open(service.url);
    await page.locator('.match-card').first().waitFor();
    const focused = () =>
      page.evaluate(() => (document.activeElement?.matches('a, button, summary') ? document.activeElement.textContent.trim() : ''));
    const tabTo = async (wanted) => {
      for (let i = 0; i < 60; i += 1) {
        await page.keyboard.press('Tab');
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        if (wanted.test(await focused())) return assert.notEqual(outline, 'none', `focus on ${wanted} is seen`);
      }
      return assert.fail(`${wanted} cannot be reached`);
    };
    await tabTo(/^Skip to content$/);
    await tabTo(/^System$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'System', level: 1 }).waitFor();
    await page.goBack();
    await tabTo(/keys/);
    await page.keyboard.press('Enter');
    await page.getByTestId('total').waitFor();
    await tabTo(/^Show as a table$/);
    await page.keyboard.press('Enter');
    await page.locator('.as-table table').waitFor();
    assert.deepEqual(page.troubles, []);
  });

  it('switches its theme, and keeps the choice', async () => {
    const page = await browser.open(service.url);
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    assert.equal(await theme(), 'light');
    const button = page.getByRole('button', { name: /^Theme/ });
    await button.click();
    await button.click();
    assert.equal(await theme(), 'dark');
    await page.reload();
    await page.locator('.bar').waitFor();
    assert.equal(await theme(), 'dark');
  });

  it('finds a match among many', async () => {
    for (const name of ['Zürich', 'Łódź', 'Århus', 'Málaga', 'Brno', 'Gdańsk', 'Çorum', 'Ñuñoa']) await service.post(name, {});
    const page = await browser.open(service.url);
    await page.getByRole('searchbox').fill('malaga');
    await waitUntil(async () => (await page.locator('.match-card').count()) === 1, 'one match is left');
    assert.match(await page.locator('.match-card').innerText(), /Málaga/);
  });

  it('names what it is like: no serious fault for those who use assistive technology', async () => {
    await service.post(
      'accessible',
      ...['goal', 'yellow_card', 'red_card', 'substitution', 'shot'].map((eventType) => ({ eventType })),
      { eventType: 'corner', teamId: 2 },
    );
    for (const colorScheme of ['light', 'dark']) {
      for (const hash of ['', '#/match/accessible', '#/system']) {
        const page = await browser.open(`${service.url}/${hash}`, { colorScheme });
        await page.locator('.match-card, [data-testid=total], .tile').first().waitFor();
        if (hash.includes('match')) await page.locator('.moment i').first().waitFor();
        assert.deepEqual(await serious(page), [], `${hash || 'list'} in ${colorScheme}`);
        assert.deepEqual(page.troubles, []);
      }
      await browser.close();
    }
  });

  it('looks at pictures of phone, desktop, wall and dark', async () => {
    mkdirSync(PICTURES, { recursive: true });
    const { matches } = await service.get('/api/matches');
    const largest = matches.reduce((a, b) => (b.totalEvents > a.totalEvents ? b : a));
    const forms = {
      phone: { width: 390, height: 844, scale: 2 },
      desktop: { width: 1440, height: 900 },
      wall: { width: 2560, height: 1440 },
      dark: { width: 1440, height: 900, colorScheme: 'dark' },
    };
    for (const [form, options] of Object.entries(forms)) {
      const page = await browser.open(matchUrl(service, largest.matchId), options);
      await page.locator('.moment i').first().waitFor();
      await page.screenshot({ path: join(PICTURES, `match-${form}.png`), fullPage: form === 'phone' });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${form} is ${wider} pixels too wide`);
      for (const [view, wait] of [['', '.match-card .score b'], ['system', '.tile .sparkline polyline']]) {
        await page.goto(`${service.url}/#/${view}`);
        // A flat line has no height, and counts as hidden.
        await page.locator(wait).first().waitFor({ state: 'attached' });
        await page.screenshot({ path: join(PICTURES, `${view || 'list'}-${form}.png`) });
      }
      assert.deepEqual(page.troubles, []);
    }
  });
});

describe('a dashboard whose server dies', { timeout: 5 * MINUTES }, () => {
  const browser = new Browser();
  let service;

  before(async () => {
    service = await Service.start();
  });
  after(() => service.stop());
  afterEach(() => browser.close());

  it('says since when its numbers are stale, and goes on by itself when the server is back', async () => {
    service.simulate('--speed', '200', '--seed', 'killed', '--loop');
    const { matches } = await waitUntil(async () => {
      const page = await service.get('/api/matches');
      return page.matches.length > 0 && page;
    }, 'a match begins');
    const { matchId } = matches[0];
    const page = await browser.open(matchUrl(service, matchId), { expected: AWAY });
    await page.evaluate(() => {
      window.notReloaded = true;
    });
    await page.locator('.freshness.current').waitFor();
    await service.kill();
    await page.locator('.freshness.stale').waitFor();
    assert.match(await page.locator('.freshness').innerText(), /^Reconnecting · updated .* ago$/);
    assert.match(await page.locator('.stale-note').innerText(), /The numbers are those of \d\d:\d\d:\d\d/);
    assert.equal(await page.locator('.badge').count(), 0, 'a match that nobody hears of is not called live');
    assert.match(await page.locator('.scoreboard').evaluate((board) => getComputedStyle(board).filter), /grayscale/);
    await service.start();
    await page.locator('.freshness.current').waitFor();
    const back = await number(page, 'total');
    await waitUntil(async () => (await number(page, 'total')) > back, 'the numbers move again');
    await waitUntil(async () => (await service.get('/api/matches')).matches.length > 1, 'the match ends');
    await agree(page, service, matchId);
    assert.equal(await page.evaluate(() => window.notReloaded), true);
    assert.deepEqual(page.troubles, []);
  });

  it('does not call healthy what does not answer', async () => {
    const page = await browser.open(`${service.url}/#/system`, { expected: AWAY });
    await page.locator('.checks .good').first().waitFor();
    await service.kill();
    const killed = performance.now();
    await page.locator('.checks .bad', { hasText: 'does not answer' }).waitFor();
    assert.ok(performance.now() - killed < 10_000 * patience, 'within seconds');
    assert.equal(await page.locator('.checks .good').count(), 0);
    await page.locator('.freshness.stale').waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: join(PICTURES, 'system-stale-phone.png') });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, 'it fits a phone');
    assert.deepEqual(await serious(page), []);
    const colourOf = (selector) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).color);
    assert.equal(await colourOf('.tile b'), await colourOf('.tile dt'), 'numbers are as pale as words');
    await service.start();
    await page.locator('.checks .good').first().waitFor();
    assert.equal(await page.locator('.stale-note').count(), 0);
  });

  it('waits for a server that is away when it is opened anew', async () => {
    await service.post('patient', {});
    const page = await browser.open(service.url, { expected: AWAY });
    await page.locator('.match-card').first().waitFor();
    await service.kill();
    await page.evaluate(() => {
      location.hash = '#/match/patient';
    });
    await page.locator('.freshness', { hasText: 'Not connected' }).waitFor();
    await service.start();
    await waitUntil(async () => (await number(page, 'total')) === 1, 'the match is shown');
  });
});

describe('a dashboard of a service that wants a key', { timeout: 5 * MINUTES }, () => {
  const browser = new Browser();
  const key = 'a-key-of-twenty-letters';
  let service;

  before(async () => {
    service = await Service.start({ API_READ_KEYS: key });
  });
  after(() => service.stop());
  afterEach(() => browser.close());

  it('asks for it, and shows its numbers to who has it', async () => {
    const page = await browser.open(service.url, { expected: AWAY });
    const field = page.getByLabel(/read key/);
    await field.fill('not-the-key-of-anyone');
    await page.getByRole('button', { name: 'Show' }).click();
    await waitUntil(async () => (await field.inputValue()) === '', 'it asks again');
    await field.fill(key);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('No match yet').waitFor();
    await page.locator('.freshness.current').waitFor();
    assert.equal(await field.count(), 0);
    assert.deepEqual(page.troubles, []);
  });
});
