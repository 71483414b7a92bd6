/**
 * The visible tabs of this browser that show the same service agree which one of them speaks with it. Each says what
 * it shows; the one that came first leads, and passes on what it hears. A leader that closes says so; one that froze
 * or crashed is missed after SILENT_MS. Two leaders for a moment cost a connection and nothing else.
 */

/** A BroadcastChannel, as far as it is needed. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

interface Here {
  type: 'here';
  from: string;
  wants: string[];
  leads: boolean;
  joins: boolean;
}

type Message<News> = Here | { type: 'bye'; from: string } | { type: 'news'; to: string; news: News };

export interface Duties<News> {
  /** This tab leads: it must look after these topics from now on. Called whenever they change. */
  lead(topics: string[]): void;
  /** This tab leads no more. */
  follow(): void;
  /** The leader passes this on. */
  hear(news: News): void;
  /** What the leader knows of these topics, for a tab that has begun to show them. */
  known(topics: string[]): News | undefined;
}

export const BEAT_MS = 500;
export const SILENT_MS = 1600;
const JOIN_MS = 120;
const EVERYONE = '';

interface Peer {
  wants: string[];
  heardAt: number;
}

export class TabGroup<News> {
  // In the order of arrival, also for tabs that come in the same millisecond.
  private readonly id = `${Date.now().toString(36).padStart(9, '0')}-${Math.random().toString(36).slice(2)}`;
  private readonly peers = new Map<string, Peer>();
  private wants: string[] = [];
  private led: string | undefined;
  private settled = false;
  private beats = 0;
  private readonly timers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    private readonly channel: Channel | undefined,
    private readonly duties: Duties<News>,
  ) {
    if (channel) channel.onmessage = (event: MessageEvent<Message<News>>) => this.take(event.data);
    this.timers.push(
      setTimeout(() => this.settle(), channel ? JOIN_MS : 0),
      setInterval(() => this.beat(), BEAT_MS),
    );
    this.say(true);
  }

  /** What this tab shows from now on. */
  want(topics: string[]): void {
    this.wants = topics;
    this.say();
    this.decide();
  }

  /** From the leader to the others. */
  tell(news: News, to = EVERYONE): void {
    if (to !== EVERYONE || this.peers.size > 0) this.post({ type: 'news', to, news });
  }

  leave(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.post({ type: 'bye', from: this.id });
    this.channel?.close();
    this.stopLeading();
  }

  private post(message: Message<News>): void {
    this.channel?.postMessage(message);
  }

  private say(joins = false): void {
    this.post({ type: 'here', from: this.id, wants: this.wants, leads: this.led !== undefined, joins });
  }

  private take(message: Message<News>): void {
    switch (message.type) {
      case 'bye':
        this.peers.delete(message.from);
        this.decide();
        return;
      case 'news':
        if (this.led === undefined && (message.to === EVERYONE || message.to === this.id))
          this.duties.hear(message.news);
        return;
      case 'here':
        this.meet(message);
    }
  }

  private meet({ from, wants, leads, joins }: Here): void {
    const before = this.peers.get(from)?.wants ?? [];
    this.peers.set(from, { wants, heardAt: performance.now() });
    // A tab that joins, or leads by mistake, must know the others.
    if (joins || (leads && from > this.id)) this.say();
    this.decide();
    const added = wants.filter((topic) => !before.includes(topic));
    if (this.led === undefined || added.length === 0) return;
    const news = this.duties.known(added);
    if (news !== undefined) this.tell(news, from);
  }

  private settle(): void {
    this.settled = true;
    this.decide();
  }

  private beat(): void {
    const now = performance.now();
    for (const [id, peer] of this.peers) {
      // A tab that does not lead says less often that it is there.
      if (now - peer.heardAt > (id < this.id ? SILENT_MS : 2 * SILENT_MS)) this.peers.delete(id);
    }
    this.beats += 1;
    if (this.led !== undefined || this.beats % 2 === 0) this.say();
    this.decide();
  }

  private decide(): void {
    if (!this.settled) return;
    if ([...this.peers.keys()].some((id) => id < this.id)) {
      this.stopLeading();
      return;
    }
    const topics = [...new Set([this.wants, ...[...this.peers.values()].map((peer) => peer.wants)].flat())].sort();
    const led = JSON.stringify(topics);
    if (led === this.led) return;
    const begins = this.led === undefined;
    this.led = led;
    if (begins) this.say();
    this.duties.lead(topics);
  }

  private stopLeading(): void {
    if (this.led === undefined) return;
    this.led = undefined;
    this.duties.follow();
  }
}
