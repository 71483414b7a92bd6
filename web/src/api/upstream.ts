/** One connection to the service that is kept up: a stream, or asking again and again where none can be had. */

import { Failure, request } from './client';
import { EventStreamParser } from './event_stream';
import { syncClock } from './server_clock';

const POLL_EVERY_MS = 1000;
// Longer than the pause between heartbeats: then nobody is at the other end.
const SILENCE_MS = 20_000;
const LONGEST_WAIT_MS = 5000;
const STREAM_AGAIN_AFTER_MS = 30_000;

export interface Heartbeat {
  asOf: string | null;
  storeAvailable?: boolean;
}

export interface Source {
  /** Empty: there is no stream of this. */
  streamPath: string;
  /** Asks once, and hands on what is answered. */
  poll: (stop: AbortSignal) => Promise<void>;
  onState: (data: string) => void;
  onHeartbeat: (beat: Heartbeat) => void;
  /** The connection is lost; it comes again. */
  onLost: (error: unknown) => void;
}

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener('abort', done);
    if (stop.aborted) done();
  });
}

class Upstream {
  private failures = 0;
  private advised = 0;
  private noStreamUntil: number;

  constructor(
    private readonly source: Source,
    private readonly stop: AbortSignal,
  ) {
    this.noStreamUntil = source.streamPath ? 0 : Number.POSITIVE_INFINITY;
  }

  async run(): Promise<void> {
    while (!this.stop.aborted) {
      try {
        await this.attempt();
      } catch (error) {
        if (this.stop.aborted) return;
        this.failures += 1;
        this.source.onLost(error);
        await sleep(this.pause(), this.stop);
      }
    }
  }

  private pause(): number {
    const wait = Math.min(LONGEST_WAIT_MS, 250 * 2 ** Math.min(this.failures - 1, 6)) * (0.5 + Math.random() / 2);
    // The service names each client another pause, so that not all come again in the same moment.
    const least = this.advised;
    this.advised = 0;
    return Math.max(wait, least);
  }

  /** One attempt at a stream; or one question where there is none. */
  private async attempt(): Promise<void> {
    await syncClock();
    if (performance.now() >= this.noStreamUntil) {
      try {
        await this.follow();
      } catch (error) {
        // Refused, not broken: ask instead, and try the stream again later.
        if (!(error instanceof Failure) || error.status < 400) throw error;
        this.noStreamUntil = performance.now() + STREAM_AGAIN_AFTER_MS;
      }
    }
    await this.source.poll(this.stop);
    this.failures = 0;
    await sleep(POLL_EVERY_MS, this.stop);
  }

  private async follow(): Promise<void> {
    const silent = new AbortController();
    const give = () => silent.abort();
    this.stop.addEventListener('abort', give);
    let timer = setTimeout(give, SILENCE_MS);
    try {
      const response = await request(this.source.streamPath, 'text/event-stream', silent.signal);
      const type = response.headers.get('Content-Type') ?? '';
      if (!response.body || !type.startsWith('text/event-stream')) throw new Failure(406, 'This is no stream.');
      const parser = new EventStreamParser();
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value: bytes } = await reader.read();
        if (done) throw new Failure(0, 'The stream ended.');
        clearTimeout(timer);
        timer = setTimeout(give, SILENCE_MS);
        for (const event of parser.push(decoder.decode(bytes, { stream: true }))) {
          this.failures = 0;
          if (event.type === 'message') this.source.onState(event.data);
          else if (event.type === 'heartbeat') this.source.onHeartbeat(JSON.parse(event.data) as Heartbeat);
        }
        this.advised = Math.min(parser.retryMs, LONGEST_WAIT_MS);
      }
    } finally {
      clearTimeout(timer);
      this.stop.removeEventListener('abort', give);
      silent.abort();
    }
  }
}

/** Until `stop`. */
export function keepUp(source: Source, stop: AbortSignal): void {
  void new Upstream(source, stop).run();
}
