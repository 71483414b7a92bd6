/** A uPlot chart of time that fits its place, in the colours of the page. */

import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { time } from '../model/format';
import type { Mark, MatchTime } from '../model/match_time';
import { palette } from '../state';

/** Where the drawing is within the chart, and what time it spans: for what is laid over it. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  from: number;
  to: number;
}

interface Props {
  /** Milliseconds a minute apart; then a list of values for each series. */
  data: [number[], ...number[][]];
  /** In rem. */
  height: number;
  /** Called anew whenever colours change. */
  series: (colour: (name: string) => string) => uPlot.Series[];
  bands?: (colour: (name: string) => string) => uPlot.Band[];
  scaleY: uPlot.Range.MinMax | uPlot.Range.Function;
  axisY: boolean;
  /** Labels the axis, where it is known. */
  matchTime: MatchTime;
  onFrame?: (frame: Frame) => void;
  onPoint?: (index: number | undefined) => void;
}

function colourOf(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

const MINUTE_MS = 60_000;
const STEPS = [1, 2, 5, 10, 15, 30, 45, 60, 90];

/** As many as there is room for: at the match's own minutes, else at those of the clock on the wall. */
function marksOf(u: uPlot, matchTime: MatchTime, room: number): Mark[] {
  const [from, to] = [u.scales.x?.min ?? 0, u.scales.x?.max ?? 1];
  const pixelsPerMinute = u.bbox.width / (uPlot.pxRatio || 1) / ((to - from) / MINUTE_MS);
  const step = STEPS.find((minutes) => minutes * pixelsPerMinute >= room) ?? 120;
  if (matchTime.known) return matchTime.marks(from, to, Math.max(5, step));
  const zone = new Date(from).getTimezoneOffset() * MINUTE_MS;
  const marks: Mark[] = [];
  const first = Math.ceil((from - zone) / (step * MINUTE_MS)) * step * MINUTE_MS + zone;
  for (let at = first; at <= to; at += step * MINUTE_MS) marks.push({ at, label: time(at) });
  return marks;
}

function axes(
  colour: (name: string) => string,
  target: Element,
  withY: boolean,
  matchTime: () => MatchTime,
): uPlot.Axis[] {
  const style = getComputedStyle(target);
  // uPlot scales fonts of whole pixels only.
  const size = Math.round(Number.parseFloat(style.fontSize));
  const common = { stroke: colour('muted'), font: `${size}px ${style.fontFamily}`, ticks: { show: false } };
  const grid = { stroke: colour('line'), width: 1 };
  let marks: Mark[] = [];
  return [
    {
      ...common,
      grid: { show: false },
      size: Math.round(2.4 * size),
      splits: (u) => {
        marks = marksOf(u, matchTime(), 4.5 * size);
        return marks.map(({ at }) => at);
      },
      values: () => marks.map(({ label }) => label),
    },
    {
      ...common,
      show: withY,
      grid: withY ? grid : { show: false },
      size: Math.round(3.6 * size),
      space: 3 * size,
      incrs: [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000],
    },
  ];
}

const SHORTEST_MS = 10 * MINUTE_MS;

/** A line begins at nothing, a minute before the first. */
function withBeginning([at, ...values]: [number[], ...number[][]]): [number[], ...number[][]] {
  const [first] = at;
  if (first === undefined) return [at, ...values];
  return [[first - MINUTE_MS, ...at], ...values.map((list) => [0, ...list])];
}

function rem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function useWidth(element: { current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

export function Plot(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const width = useWidth(place);
  const latest = useRef(props);
  latest.current = props;
  const shown = palette.value;
  const drawn = width > 0;

  useEffect(() => {
    const target = place.current;
    if (!target || !drawn) return undefined;
    void shown;
    const colour = colourOf(target);
    const scale = uPlot.pxRatio || 1;
    const tell = (u: uPlot) => {
      latest.current.onFrame?.({
        left: u.bbox.left / scale,
        top: u.bbox.top / scale,
        width: u.bbox.width / scale,
        height: u.bbox.height / scale,
        from: u.scales.x?.min ?? 0,
        to: u.scales.x?.max ?? 0,
      });
    };
    const made = new uPlot(
      {
        width: target.clientWidth,
        height: latest.current.height * rem(),
        ms: 1,
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        // Half a label on either side.
        padding: [8, 24, 0, latest.current.axisY ? 4 : 24],
        scales: {
          x: { time: true, range: (_, from, to) => [from, Math.max(to, from + SHORTEST_MS)] },
          y: { range: latest.current.scaleY },
        },
        axes: axes(colour, target, latest.current.axisY, () => latest.current.matchTime),
        series: [{}, ...latest.current.series(colour)],
        bands: latest.current.bands?.(colour) ?? [],
        hooks: {
          draw: [tell],
          setCursor: [(u) => latest.current.onPoint?.(u.cursor.idx ? u.cursor.idx - 1 : undefined)],
        },
      },
      withBeginning(latest.current.data),
      target,
    );
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = undefined;
    };
  }, [drawn, shown]);

  useEffect(() => {
    if (width > 0) chart.current?.setSize({ width, height: props.height * rem() });
  }, [width, props.height]);
  useEffect(() => {
    chart.current?.setData(withBeginning(props.data));
  }, [props.data, props.matchTime]);
  return <div class="plot" ref={place} aria-hidden="true" />;
}
