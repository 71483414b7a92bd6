/** The pages behind a proxy that serves them below a path: every address in them is relative. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { serveBelow } from './below_path.mjs';
import { Browser } from './browser.mjs';
import { Service } from './service.mjs';
import { waitUntil } from './waiting.mjs';

describe('pages below a path', { timeout: 300_000 }, () => {
  const browser = new Browser();
  let service;
  let proxy;

  before(async () => {
    service = await Service.start();
    proxy = await serveBelow('/stats/', service.port);
    await service.post('below a/path', { eventType: 'goal' }, {});
  });
  after(async () => {
    proxy.close();
    await service.stop();
  });
  afterEach(() => browser.close());

  it('show the list, a match and the system, live', async () => {
    const page = await browser.open(proxy.url);
    await page.locator('.match-card').click();
    await waitUntil(async () => (await page.getByTestId('score-1').innerText()) === '1', 'the score is shown');
    await service.post('below a/path', { eventType: 'goal' });
    await waitUntil(async () => (await page.getByTestId('total').innerText()) === '3', 'the stream goes on');
    await page.reload();
    await waitUntil(async () => (await page.getByTestId('total').innerText()) === '3', 'the match is there again');
    await page.getByRole('link', { name: 'System' }).click();
    await page.locator('.tile').first().waitFor();
    await page.locator('.checks .good').first().waitFor();
    assert.deepEqual(page.troubles, []);
  });

  it('link to each other, and send what is tried to the service', async () => {
    const page = await browser.open(proxy.url);
    await page.getByRole('link', { name: 'API' }).click();
    const block = page.locator('#operations-Read-getMatches');
    await block.locator('.opblock-summary-control').click();
    await block.locator('.execute').click();
    const status = block.locator('.live-responses-table .response-col_status').last();
    await waitUntil(async () => (await status.innerText()).startsWith('200'), 'the list is answered');
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.locator('.match-card').waitFor();
    assert.equal(page.url(), proxy.url);
    assert.deepEqual(page.troubles, []);
  });
});
