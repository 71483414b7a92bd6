import { describe, expect, it } from 'vitest';
import { freshness } from '../src/model/freshness';

const AT = Date.parse('2024-01-15T14:30:00Z');

describe('freshness', () => {
  it('is connected while the service says so, even when nothing happens', () => {
    expect(freshness({ state: 'open', asOf: AT - 400, heardAt: AT }, AT + 10_000)).toMatchObject({
      level: 'current',
      text: 'Connected',
    });
    expect(freshness({ state: 'open', asOf: AT - 400, heardAt: AT }, AT).detail).toContain('0.4 s behind');
  });

  it('tells how far counting is behind', () => {
    const told = freshness({ state: 'open', asOf: AT - 42_000, heardAt: AT }, AT);
    expect(told).toMatchObject({ level: 'behind', text: '42 s behind' });
  });

  it('is stale when the service is silent', () => {
    expect(freshness({ state: 'open', asOf: AT, heardAt: AT }, AT + 60_000)).toMatchObject({
      level: 'stale',
      text: 'No answer · updated 60 s ago',
    });
  });

  it('is stale while the store does not answer, although the connection stands', () => {
    const told = freshness({ state: 'open', asOf: AT, heardAt: AT + 30_000, storeAway: true }, AT + 30_000);
    expect(told.level).toBe('stale');
    expect(told.detail).toContain('store');
  });

  it('is stale since the last count when the connection is lost', () => {
    const told = freshness({ state: 'lost', asOf: AT }, AT + 180_000);
    expect(told.level).toBe('stale');
    expect(told.text).toBe('Reconnecting · updated 3 min ago');
    expect(told.detail).toMatch(/\d\d:30:00/);
  });

  it('claims nothing before the first number', () => {
    expect(freshness({ state: 'connecting' }, AT).level).toBe('waiting');
    expect(freshness({ state: 'lost' }, AT)).toMatchObject({ level: 'stale', text: 'Not connected' });
  });

  it('does not go negative when clocks disagree by a little', () => {
    expect(freshness({ state: 'open', asOf: AT + 30, heardAt: AT }, AT).detail).toContain('0.0 s behind');
  });
});
