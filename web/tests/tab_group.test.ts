import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BEAT_MS, type Channel, SILENT_MS, TabGroup } from '../src/api/tab_group';

const SOON_MS = 300;

/** Channels of tabs of one browser. One that is frozen says and hears nothing. */
class Browser {
  private readonly channels = new Set<FakeChannel>();

  channel(): FakeChannel {
    const channel = new FakeChannel((message) => {
      for (const other of this.channels) {
        if (other !== channel && !other.frozen) setTimeout(() => other.onmessage?.({ data: message } as MessageEvent));
      }
    });
    this.channels.add(channel);
    return channel;
  }
}

class FakeChannel implements Channel {
  onmessage: ((event: MessageEvent) => void) | null = null;
  frozen = false;
  constructor(private readonly deliver: (message: unknown) => void) {}
  postMessage(message: unknown): void {
    if (!this.frozen) this.deliver(structuredClone(message));
  }
  close(): void {
    this.onmessage = null;
  }
}

class Tab {
  leads: string[] | undefined;
  heard: string[] = [];
  readonly group: TabGroup<string>;
  constructor(
    readonly channel: FakeChannel,
    ...topics: string[]
  ) {
    this.group = new TabGroup<string>(channel, {
      lead: (wanted) => {
        this.leads = wanted;
      },
      follow: () => {
        this.leads = undefined;
      },
      hear: (news) => this.heard.push(news),
      known: (wanted) => `known: ${wanted}`,
    });
    this.group.want(topics);
  }
}

describe('tabs of one browser', () => {
  let browser: Browser;
  const open = (...topics: string[]) => {
    const tab = new Tab(browser.channel(), ...topics);
    vi.advanceTimersByTime(SOON_MS);
    return tab;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    browser = new Browser();
  });
  afterEach(() => vi.useRealTimers());

  it('have one leader, which looks after what all of them show', () => {
    const [first, second, third] = [open('a'), open('b'), open('a')];
    expect([first.leads, second.leads, third.leads]).toEqual([['a', 'b'], undefined, undefined]);
    second.group.want(['c']);
    vi.advanceTimersByTime(SOON_MS);
    expect(first.leads).toEqual(['a', 'c']);
  });

  it('are told what is known of a topic as soon as they show it', () => {
    const first = open('a', 'b');
    const second = open('b');
    expect([first.heard, second.heard]).toEqual([[], ['known: b']]);
  });

  it('hear what the leader hears', () => {
    const [first, second, third] = [open('a'), open('a'), open('a')];
    for (const tab of [second, third]) tab.heard = [];
    first.group.tell('goal');
    vi.advanceTimersByTime(1);
    expect([first.heard, second.heard, third.heard]).toEqual([[], ['goal'], ['goal']]);
  });

  it('have another leader at once when theirs closes', () => {
    const [first, second, third] = [open('a'), open('b'), open('c')];
    first.group.leave();
    vi.advanceTimersByTime(1);
    expect([first.leads, second.leads, third.leads]).toEqual([undefined, ['b', 'c'], undefined]);
    second.group.leave();
    third.group.leave();
    vi.advanceTimersByTime(10_000);
    expect([second.leads, third.leads]).toEqual([undefined, undefined]);
  });

  it('have another leader within two seconds or so when theirs says nothing more', () => {
    const [first, second, third] = [open('a'), open('b'), open('c')];
    first.channel.frozen = true;
    vi.advanceTimersByTime(SILENT_MS + BEAT_MS);
    expect([second.leads, third.leads]).toEqual([['b', 'c'], undefined]);
    // It comes again, and is the oldest still.
    first.channel.frozen = false;
    vi.advanceTimersByTime(3 * BEAT_MS);
    expect([first.leads, second.leads, third.leads]).toEqual([['a', 'b', 'c'], undefined, undefined]);
  });

  it('are forgotten when they say nothing more', () => {
    const [first, second] = [open('a'), open('b')];
    second.channel.frozen = true;
    vi.advanceTimersByTime(2 * SILENT_MS + 2 * BEAT_MS);
    expect(first.leads).toEqual(['a']);
  });

  it('agree however many come in the same moment', () => {
    const tabs = Array.from({ length: 20 }, (_, i) => new Tab(browser.channel(), `t${i}`));
    vi.advanceTimersByTime(5000);
    const leaders = tabs.filter((tab) => tab.leads);
    expect(leaders.map((tab) => tab.leads?.length)).toEqual([20]);
  });

  it('that are alone lead, without a channel, too', () => {
    let led: string[] | undefined;
    const group = new TabGroup<string>(undefined, {
      lead: (topics) => {
        led = topics;
      },
      follow: () => {},
      hear: () => {},
      known: () => undefined,
    });
    group.want(['a']);
    vi.advanceTimersByTime(1);
    expect(led).toEqual(['a']);
    group.leave();
  });
});
