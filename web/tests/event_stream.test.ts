import { describe, expect, it } from 'vitest';
import { EventStreamParser } from '../src/api/event_stream';

const parse = (text: string, step = text.length) => {
  const parser = new EventStreamParser();
  const events = [];
  for (let i = 0; i < text.length; i += step) events.push(...parser.push(text.slice(i, i + step)));
  return events;
};

describe('a stream of events', () => {
  const text =
    ': hello\n\nretry: 500\nid: 7\ndata: {"a":1}\n\nevent: heartbeat\r\ndata: {"asOf":"x"}\r\n\r\ndata:one\rdata: two\r\rdata: not whole';
  const events = [
    { type: 'message', data: '{"a":1}', id: '7' },
    { type: 'heartbeat', data: '{"asOf":"x"}', id: '7' },
    { type: 'message', data: 'one\ntwo', id: '7' },
  ];

  it.each([1, 2, 3, 7, 1000])('is the same in pieces of %i', (step) => expect(parse(text, step)).toEqual(events));

  it('has no event without data', () => expect(parse('event: x\n\nid: 1\n\n')).toEqual([]));

  it('is given up when an event grows without end', () => {
    const parser = new EventStreamParser();
    expect(() => {
      for (let i = 0; i < 6; i += 1) parser.push('x'.repeat(1 << 20));
    }).toThrow();
  });

  it('remembers how long the server wants to be left alone', () => {
    const parser = new EventStreamParser();
    parser.push('retry: 1618\n\nretry: soon\n\n');
    expect(parser.retryMs).toBe(1618);
  });
});
