/** A `fanfinity up` on a port of its own that stays the same over restarts, and simulated matches for it. */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from './waiting.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BINARY = process.env.FANFINITY_BINARY ?? join(ROOT, 'build/release/fanfinity');
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LIBCHDB_PATH', 'ASAN_OPTIONS', 'TSAN_OPTIONS', 'UBSAN_OPTIONS'];

/** Free, and below those that the kernel gives to outgoing connections: a restart finds it free again. */
async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const probe = createServer();
    const free = await new Promise((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

export class Service {
  #child;
  #simulators = [];
  #settings;

  static async start(settings = {}) {
    const service = new Service();
    service.folder = mkdtempSync(join(tmpdir(), 'fanfinity-browser-'));
    service.port = await freePort();
    service.url = `http://127.0.0.1:${service.port}`;
    service.#settings = settings;
    await service.start();
    return service;
  }

  async start() {
    const log = openSync(join(this.folder, 'up.log'), 'a');
    const kept = Object.fromEntries(KEPT.filter((name) => name in process.env).map((name) => [name, process.env[name]]));
    this.#child = spawn(BINARY, ['up'], {
      env: {
        ...kept,
        SERVER_PORT: String(this.port),
        FANFINITY_DATA_DIR: join(this.folder, 'data'),
        LOG_LEVEL: 'warn',
        ...this.#settings,
      },
      stdio: ['ignore', log, log],
    });
    await waitUntil(
      async () => {
        if (this.#child.exitCode !== null) throw new Error(this.log());
        return (await fetch(`${this.url}/ready`)).ok;
      },
      `\`fanfinity up\` is ready\n${this.log()}`,
      60,
    );
  }

  log() {
    return readFileSync(join(this.folder, 'up.log'), 'utf8').slice(-4000);
  }

  /** kill -9, of this process and nothing else. */
  async kill() {
    this.#child.kill('SIGKILL');
    await ended(this.#child);
  }

  async stop() {
    for (const simulator of this.#simulators) simulator.kill('SIGTERM');
    await Promise.all(this.#simulators.map(ended));
    this.#child.kill('SIGTERM');
    await ended(this.#child);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Streams simulated matches in, until they end or are stopped. */
  simulate(...flags) {
    const child = spawn('python3', ['-m', 'simulation', '--url', this.url, '--quiet', ...flags], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#simulators.push(child);
    return { ended: ended(child), stop: () => child.kill('SIGTERM') };
  }

  async get(path) {
    const response = await fetch(this.url + path);
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  }

  metrics(matchId) {
    return this.get(`/api/matches/${encodeURIComponent(matchId)}/metrics`);
  }

  /** Posts events, which `given` describe as far as it matters. */
  async send(matchId, ...given) {
    const events = given.map((event) => ({
      eventId: randomUUID(),
      matchId,
      eventType: 'pass',
      timestamp: new Date().toISOString(),
      teamId: 1,
      ...event,
    }));
    const response = await fetch(`${this.url}/api/events/batch`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(events),
    });
    const { accepted } = await response.json();
    if (accepted !== events.length) throw new Error(`accepted ${accepted} of ${events.length} events`);
  }

  /** The same, and waits until they are counted. */
  async post(matchId, ...given) {
    await this.send(matchId, ...given);
    const after = Date.now();
    await waitUntil(async () => Date.parse((await this.metrics(matchId)).asOf) >= after, 'the events are counted');
  }
}
