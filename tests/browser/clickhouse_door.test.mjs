/** A page of somebody else's, open in a browser on the machine: it gets nothing from the embedded ClickHouse. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './browser.mjs';
import { Service } from './service.mjs';

const service = await Service.start();
const browser = new Browser();
const folder = mkdtempSync(join(tmpdir(), 'fanfinity-stranger-'));
const stranger = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<!doctype html>'));
const door = JSON.parse(readFileSync(join(service.folder, 'data/clickhouse/endpoint.json'), 'utf8'));
let page;

before(async () => {
  await new Promise((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  // Whatever it tries is trouble on purpose.
  page = await browser.open(`http://127.0.0.1:${stranger.address().port}/`, { expected: [/./] });
});

after(async () => {
  await browser.close();
  await service.stop();
  stranger.close();
  rmSync(folder, { recursive: true });
});

/** What became of one request of the page: "unread" when it was sent and no answer may be seen. */
const attempt = (path, options) =>
  page.evaluate(
    async ([url, init]) => {
      try {
        const answer = await fetch(url, init);
        return answer.type === 'opaque' ? 'unread' : `read: ${await answer.text()}`;
      } catch {
        return 'blocked';
      }
    },
    [door.url + path, options],
  );

const query = (sql) => `/?query=${encodeURIComponent(sql)}`;

test('no request that a page can send writes anything', async () => {
  const write = (name) => `INSERT INTO FUNCTION file('${join(folder, name)}', 'CSV', 'a Int8') VALUES (1)`;
  assert.equal(await attempt(query(write('a')), { method: 'POST', mode: 'no-cors', body: '' }), 'unread');
  assert.equal(await attempt('/', { method: 'POST', mode: 'no-cors', body: write('b') }), 'unread');
  assert.equal(await attempt(query(write('c')), { method: 'POST', mode: 'no-cors', credentials: 'include' }), 'unread');
  const named = { method: 'POST', body: write('d'), headers: { 'X-ClickHouse-User': door.user, 'X-ClickHouse-Key': 'x' } };
  assert.equal(await attempt('/', named), 'blocked');
  const known = { ...named, headers: { ...named.headers, 'X-ClickHouse-Key': door.password } };
  assert.equal(await attempt('/', known), 'blocked', 'a page may not even send a password that it knows');
  await page.evaluate(
    ([action, sql]) => {
      const form = Object.assign(document.createElement('form'), { action, method: 'POST', target: 'elsewhere' });
      form.append(Object.assign(document.createElement('input'), { name: 'query', value: sql }));
      document.body.append(Object.assign(document.createElement('iframe'), { name: 'elsewhere' }), form);
      form.submit();
      return new Promise((resolve) => document.querySelector('iframe').addEventListener('load', resolve));
    },
    [door.url + query(write('e')), write('e')],
  );
  for (const name of ['a', 'b', 'c', 'd', 'e']) assert.ok(!existsSync(join(folder, name)), name);
});

test('no request that a page can send reads anything', async () => {
  for (const user of ['', '&user=default', `&user=${door.user}&password=x`]) {
    assert.equal(await attempt(query('SELECT 1') + user, {}), 'blocked');
    assert.equal(await attempt(query('SELECT 1') + user, { mode: 'no-cors' }), 'unread');
  }
  for (const path of ['/', '/ping', '/play']) assert.equal(await attempt(path, {}), 'blocked');
});

test('the service goes on', async () => {
  assert.equal((await service.get('/ready')).status, 'ready');
});
