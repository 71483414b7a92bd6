import { describe, expect, it } from 'vitest';
import { increase, meanOf, quantileOf, rateOf, Scrape } from '../src/model/prometheus';

const scrape = (seconds: number, text: string) => new Scrape(text, seconds * 1000);
const histogram = (a: number, b: number, c: number, sum: number) =>
  `h_bucket{le="0.1"} ${a}\nh_bucket{le="1"} ${b}\nh_bucket{le="+Inf"} ${c}\nh_count ${c}\nh_sum ${sum}\n`;

describe('a scrape', () => {
  it('reads series with and without labels, and sums them', () => {
    const read = scrape(0, '# HELP a b\n# TYPE a counter\na{x="1",y="q\\"\\\\,}"} 3\na{x="2"} 4.5\nb 1e3\nnonsense\n');
    expect([read.sum('a'), read.sum('b'), read.sum('c')]).toEqual([7.5, 1000, 0]);
    expect(read.sum('a', (labels) => labels.x === '2')).toBe(4.5);
    expect(read.label('a', 'y')).toBe('q"\\,}');
  });

  it('makes rates, from zero again after a restart', () => {
    const [before, after] = [scrape(0, 'a 100\n'), scrape(2, 'a 30\n')];
    expect(rateOf(scrape(0, 'a 10\n'), scrape(2, 'a 30\n'), 'a')).toBe(10);
    expect(increase(before, after, 'a')).toBe(30);
    expect(rateOf(before, before, 'a')).toBe(0);
  });

  it('makes means and quantiles of what was seen in between', () => {
    const [before, after] = [scrape(0, histogram(100, 100, 100, 1)), scrape(2, histogram(150, 200, 200, 51))];
    expect(meanOf(before, after, 'h')).toBe(0.5);
    expect(quantileOf(before, after, 'h', 0.5)).toBeCloseTo(0.1);
    expect(quantileOf(before, after, 'h', 0.75)).toBeCloseTo(0.55);
    expect(quantileOf(after, after, 'h', 0.5)).toBeUndefined();
    expect(meanOf(after, after, 'h')).toBeUndefined();
  });

  it('has no quantile beyond the last bound', () => {
    expect(quantileOf(scrape(0, ''), scrape(1, histogram(0, 0, 5, 50)), 'h', 0.99)).toBe(1);
  });
});
