/** The page at /docs in a real browser: everything in it can be read, and tried. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './browser.mjs';
import { Service } from './service.mjs';

const METHODS = ['get', 'post', 'put', 'delete', 'patch'];
const service = await Service.start();
const browser = new Browser();
let page;

before(async () => {
  page = await browser.open(`${service.url}/docs`);
  await page.locator('.opblock').first().waitFor();
});

after(async () => {
  await browser.close();
  await service.stop();
});

test('the page shows every operation of the document', async () => {
  const { paths } = await service.get('/openapi.json');
  const documented = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const shown = await page.locator('.opblock-summary').evaluateAll((summaries) =>
    summaries.map((summary) => {
      const text = (name) => summary.querySelector(`.opblock-summary-${name}`).textContent.replaceAll('\u200b', '');
      return `${text('method')} ${text('path')}`;
    }),
  );
  assert.deepEqual(shown.sort(), documented.sort());
});

test('an event can be sent from the page, and be read', async () => {
  const posted = await tryOut('Send', 'postEvent');
  assert.equal(posted.status, '202');
  assert.match(posted.body, /"accepted"/);
  const read = await tryOut('Read', 'getMatches');
  assert.equal(read.status, '200');
  assert.match(read.body, /"asOf"/);
});

test('a stream shows what comes of it in the first seconds', async () => {
  const streamed = await tryOut('Read', 'streamMatches');
  assert.equal(streamed.status, '200');
  assert.match(streamed.body, /data: \{"matches":/);
});

test('the page asks no other host for anything and breaks no rule of its policy', () => {
  assert.deepEqual(page.troubles, []);
});

test('the page can be read in the dark and on a phone', async () => {
  const phone = await browser.open(`${service.url}/docs`, { width: 390, height: 844, colorScheme: 'dark' });
  await phone.locator('.opblock').first().waitFor();
  const told = await phone.evaluate(() => ({
    background: getComputedStyle(document.documentElement).backgroundColor,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  const light = told.background.match(/\d+/g).every((part) => Number(part) > 128);
  assert.ok(!light, told.background);
  assert.equal(told.overflow, 0, 'nothing has to be scrolled sideways');
  assert.deepEqual(phone.troubles, []);
});

/** Opens an operation, sends its example, and returns what the page shows of the answer. */
async function tryOut(tag, operation) {
  const block = page.locator(`#operations-${tag}-${operation}`);
  await block.locator('.opblock-summary-control').click();
  await block.locator('.execute').click();
  const answer = block.locator('.live-responses-table .response').first();
  await answer.waitFor();
  return {
    status: (await answer.locator('.response-col_status').innerText()).trim().split(/\s/)[0],
    body: await answer.locator('.response-col_description').innerText(),
  };
}
