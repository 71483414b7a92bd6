/** Makes the picture of README.md: `./dev screenshot`. A match of a fixed seed, as it stands after 78 minutes. */

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Browser } from './browser.mjs';
import { ROOT, Service } from './service.mjs';
import { waitUntil } from './waiting.mjs';

const PICTURE = join(ROOT, 'docs/images/dashboard.png');
const SEED = 'guest-130';
const MINUTE = 78;
/** From kick-off to the 78th minute, the break included. */
const PLAYED_MS = (MINUTE + 18) * 60_000;

const kickOff = new Date(Math.floor((Date.now() - PLAYED_MS) / 1000) * 1000).toISOString();
const lines = execFileSync('python3', ['-m', 'simulation', '--seed', SEED, '--start', kickOff], {
  cwd: ROOT,
  maxBuffer: 64 << 20,
  encoding: 'utf8',
}).trim().split('\n');
const played = lines.filter((line) => {
  const { minute } = JSON.parse(line).metadata;
  return minute <= MINUTE;
});

const service = await Service.start();
const browser = new Browser();
try {
  // One by one, so that response times are those of single events.
  for (const line of played) {
    const response = await fetch(`${service.url}/api/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: line,
    });
    if (response.status !== 202) throw new Error(`an event was answered ${response.status}`);
  }
  const { matchId } = JSON.parse(played[0]);
  await waitUntil(async () => (await service.metrics(matchId)).totalEvents === played.length, 'all is counted');
  const url = `${service.url}/#/match/${encodeURIComponent(matchId)}`;
  const page = await browser.open(url, { width: 1280, height: 1016 });
  await page.locator('.moment i').first().waitFor();
  await page.locator('.scorers .when').first().waitFor();
  await page.locator('.freshness.current').waitFor();
  mkdirSync(dirname(PICTURE), { recursive: true });
  await page.screenshot({ path: PICTURE });
  if (page.troubles.length > 0) throw new Error(page.troubles.join('\n'));
} finally {
  await browser.close();
  await service.stop();
}
console.log(PICTURE);
