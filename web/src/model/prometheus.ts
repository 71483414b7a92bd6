/** Reads the Prometheus text format, as far as the system view needs it. */

interface Sample {
  labels: Record<string, string>;
  value: number;
}

export class Scrape {
  private readonly samples = new Map<string, Sample[]>();

  constructor(
    text: string,
    /** Milliseconds. */
    readonly at: number,
  ) {
    for (const line of text.split('\n')) {
      const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
      if (!found?.[1] || !found[3]) continue;
      const list = this.samples.get(found[1]) ?? [];
      list.push({ labels: labelsOf(found[2] ?? ''), value: numberOf(found[3]) });
      this.samples.set(found[1], list);
    }
  }

  has(name: string): boolean {
    return this.samples.has(name);
  }

  /** Over all series whose labels pass; 0 when there are none. */
  sum(name: string, passes: (labels: Record<string, string>) => boolean = () => true): number {
    return (this.samples.get(name) ?? [])
      .filter((sample) => passes(sample.labels))
      .reduce((sum, sample) => sum + sample.value, 0);
  }

  label(name: string, label: string): string {
    return this.samples.get(name)?.[0]?.labels[label] ?? '';
  }

  /** [upper bound, count up to it] of a histogram, over all its series. */
  buckets(name: string): [number, number][] {
    const counts = new Map<number, number>();
    for (const { labels, value } of this.samples.get(`${name}_bucket`) ?? []) {
      const bound = numberOf(labels.le ?? '');
      counts.set(bound, (counts.get(bound) ?? 0) + value);
    }
    return [...counts].sort(([a], [b]) => a - b);
  }
}

function numberOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    if (name) labels[name] = (value ?? '').replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
  }
  return labels;
}

type Passes = (labels: Record<string, string>) => boolean;

/** How much a counter grew from one scrape to the next. A restart lets it begin at zero again. */
export function increase(before: Scrape, after: Scrape, name: string, passes?: Passes): number {
  const [from, to] = [before.sum(name, passes), after.sum(name, passes)];
  return to >= from ? to - from : to;
}

/** The same a second. */
export function rateOf(before: Scrape, after: Scrape, name: string, passes?: Passes): number {
  const seconds = (after.at - before.at) / 1000;
  return seconds > 0 ? increase(before, after, name, passes) / seconds : 0;
}

/** The mean of what a histogram saw between two scrapes; none when it saw nothing. */
export function meanOf(before: Scrape, after: Scrape, name: string): number | undefined {
  const seen = increase(before, after, `${name}_count`);
  return seen > 0 ? increase(before, after, `${name}_sum`) / seen : undefined;
}

/** A quantile of what a histogram saw between two scrapes, by its buckets; none when it saw nothing. */
export function quantileOf(before: Scrape, after: Scrape, name: string, quantile: number): number | undefined {
  const earlier = new Map(before.buckets(name));
  const restarted =
    increase(before, after, `${name}_count`) !== after.sum(`${name}_count`) - before.sum(`${name}_count`);
  const grown = after
    .buckets(name)
    .map(([bound, count]): [number, number] => [bound, restarted ? count : count - (earlier.get(bound) ?? 0)]);
  const all = grown.at(-1)?.[1] ?? 0;
  if (all <= 0) return undefined;
  let [lower, below] = [0, 0];
  for (const [bound, count] of grown) {
    if (count >= quantile * all) {
      if (!Number.isFinite(bound)) return lower;
      return count > below ? lower + ((bound - lower) * (quantile * all - below)) / (count - below) : bound;
    }
    [lower, below] = [bound, count];
  }
  return lower;
}
