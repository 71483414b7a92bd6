/** Debian's Chromium with a new profile, and pages that keep an account of everything that goes wrong on them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { patience } from './waiting.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export class Browser {
  #contexts = [];

  /** A browser window; its `troubles` collect errors of scripts, violations of the policy, dialogs and requests to
   * other hosts. `expected`: console messages that are no trouble, like those of a server that was killed. */
  async open(url, { width = 1440, height = 900, colorScheme = 'light', scale = 1, expected = [], ...options } = {}) {
    const profile = mkdtempSync(join(tmpdir(), 'fanfinity-profile-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: FLAGS,
      viewport: { width, height },
      deviceScaleFactor: scale,
      colorScheme,
      ...options,
    });
    this.#contexts.push({ context, profile });
    context.setDefaultTimeout(30_000 * patience);
    return this.#watch(context.pages()[0] ?? (await context.newPage()), url, expected);
  }

  /** Another tab of the window that `page` is in. */
  async another(page, url, { expected = [] } = {}) {
    return this.#watch(await page.context().newPage(), url, expected);
  }

  async #watch(page, url, expected) {
    page.troubles = [];
    const trouble = (text) => {
      if (!expected.some((known) => known.test(text))) page.troubles.push(text);
    };
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && trouble(`console: ${message.text()}`));
    page.on('pageerror', (error) => trouble(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      trouble(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    const { host } = new URL(url);
    page.on('request', (request) => new URL(request.url()).host !== host && trouble(`foreign: ${request.url()}`));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    await page.goto(url);
    return page;
  }

  async close() {
    for (const { context, profile } of this.#contexts) {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    }
    this.#contexts = [];
  }
}
