/** Parses server-sent events (WHATWG HTML, 9.2.6). Unlike EventSource, fetch can send a key and tell why it failed. */

export interface StreamEvent {
  type: string;
  data: string;
  id: string;
}

const LONGEST_EVENT = 4 << 20;

export class EventStreamParser {
  private rest = '';
  private type = '';
  private data: string[] = [];
  private lastId = '';
  /** How long the server wants to be left alone when the stream ends; 0 while it has not said. */
  retryMs = 0;

  /** The events that `text` completes. Throws when one grows beyond all reason. */
  push(text: string): StreamEvent[] {
    this.rest += text;
    if (this.rest.length > LONGEST_EVENT) throw new Error('An event of the stream is too long.');
    const events: StreamEvent[] = [];
    // A carriage return at the end may be half of a line end.
    const whole = this.rest.endsWith('\r') ? this.rest.slice(0, -1) : this.rest;
    const lines = whole.split(/\r\n|\r|\n/);
    this.rest = (lines.pop() ?? '') + this.rest.slice(whole.length);
    for (const line of lines) this.take(line, events);
    return events;
  }

  private take(line: string, events: StreamEvent[]): void {
    if (line === '') {
      if (this.data.length > 0)
        events.push({ type: this.type || 'message', data: this.data.join('\n'), id: this.lastId });
      this.type = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.type = value;
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }
}
