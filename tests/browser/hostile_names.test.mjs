/** Names are text, whatever they hold: nothing breaks out of the page. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Browser } from './browser.mjs';
import { Service } from './service.mjs';
import { waitUntil } from './waiting.mjs';

const NAMES = {
  script: '<script>alert(1)</script>',
  'image with a handler': '<img src=x onerror=alert(1)>"\'`',
  'end of an attribute': '"><svg/onload=alert(1)> onmouseover=alert(1) x="',
  'link that runs': 'javascript:alert(1)//%0aalert(1)',
  template: '{{constructor.constructor("alert(1)")()}} ${alert(1)} <!-- ]]>',
  path: '../../?a=b&c#d/%2e%2e/%',
  Arabic: 'الأهلي – الزمالك',
  'text that turns around': 'abc\u202edcba\u2066x',
  emoji: '⚽🏟️👩‍👩‍👧‍👦 🇪🇺',
  'combining marks': `Z${'\u0351\u0327\u033d'.repeat(30)}algo`,
  '256 bytes': 'W'.repeat(256),
};

describe('a hostile name', { timeout: 300_000 }, () => {
  const browser = new Browser();
  let service;

  before(async () => {
    service = await Service.start();
    for (const name of Object.values(NAMES)) {
      const metadata = { minute: 7, scorer: name, name, team: name, assist: name, score: name, nameOff: name, reason: name };
      await service.post(
        name,
        { eventType: 'goal', playerId: name, metadata },
        { eventType: 'substitution', teamId: 2, playerId: name, metadata },
        { eventType: 'red_card', teamId: 2, playerId: name, metadata },
        { metadata: { [name]: { __proto__: null, minute: 1e308, toString: 1 } } },
      );
    }
  });
  after(() => service.stop());
  afterEach(() => browser.close());

  it('is shown as it is in the list', async () => {
    const page = await browser.open(service.url);
    for (const name of Object.values(NAMES)) {
      await page.locator('.match-card .name bdi').filter({ hasText: name }).first().waitFor();
    }
    assert.equal(await page.locator('main script, main img').count(), 0);
    assert.deepEqual(page.troubles, []);
  });

  for (const [what, name] of Object.entries(NAMES)) {
    it(`is shown as it is on the page of its match: ${what}`, async () => {
      const page = await browser.open(service.url);
      await page.locator('.match-card').filter({ has: page.locator('bdi', { hasText: name }) }).first().click();
      await waitUntil(async () => (await page.getByTestId('total').innerText()) === '4', 'its numbers are shown');
      assert.equal(await page.locator('h1').innerText(), name.replace(/\s+/g, ' '));
      await page.locator('.moment i').first().hover();
      assert.equal(await page.locator('main script, main img').count(), 0);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `the page is ${wider} pixels too wide`);
      const heights = await page.locator('h1, .scoreboard h2').evaluateAll((all) => all.map((each) => each.clientHeight));
      assert.ok(Math.max(...heights) < 120, `names are ${heights} pixels high`);
      assert.equal(await page.locator('h1 bdi').getAttribute('title'), name);
      assert.deepEqual(page.troubles, []);
    });
  }
});
