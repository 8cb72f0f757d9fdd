// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Opened } from '@islet/client/Access';
import type * as Content from '@islet/core/Content';
import * as Day from '@islet/core/Day';
import * as Agp from '@islet/core/metrics/Agp';
import * as Counts from '@islet/core/metrics/Counts';
import * as Episodes from '@islet/core/metrics/Episodes';
import * as Histogram from '@islet/core/metrics/Histogram';
import * as Points from '@islet/core/metrics/Points';
import * as Summary from '@islet/core/metrics/Summary';
import type { Reading } from '@islet/core/Reading';
import * as Span from '@islet/core/Span';
import type { Stream } from '@islet/core/Stream';

/** The finest first: what is shown of all that may be seen. A report says more of a day's course than averages do. */
export const resolutions = [
  'glucose/raw',
  'glucose/hour',
  'glucose/report',
  'glucose/day',
  'glucose/week',
] as const satisfies Stream[];
export type Resolution = (typeof resolutions)[number];

/** What to ask for, so that all that a resolution's page shows is there: beside a report stand the days. */
export const neededFor = (resolution: Resolution, granted: readonly Stream[]): Stream[] =>
  resolution === 'glucose/report' && granted.includes('glucose/day')
    ? ['glucose/report', 'glucose/day']
    : [resolution];

/** One day, or one week where nothing finer may be seen, as a small picture: minutes of the local day with mg/dL. */
export type DayFigures = {
  day: number;
  lastDay: number;
  points: [minute: number, mgdl: number][];
  n: number;
  meanMgDl: number | null;
  inRangePercent: number | null;
};

/** Everything a report shows, computed by `@islet/core/metrics` and by nothing else. */
export type Figures = {
  stream: Resolution;
  /** What the figures were made of: days, while there is no report yet. */
  source: Resolution;
  firstDay: number;
  lastDay: number;
  statistics: Summary.Statistics;
  sensorActivePercent: number | null;
  days: number;
  sufficient: boolean;
  insufficiency: Summary.Insufficiency[];
  /** Percentiles by time of day; null where single readings are not to be seen. */
  agp: Agp.Bin[] | null;
  /** The mean of each hour of the day, where hours are the finest to be seen. */
  hours: { hour: number; meanMgDl: number }[] | null;
  daily: DayFigures[];
  episodes: { level: Episodes.Level; perDay: number | null; list: Episodes.Episode[] }[] | null;
};

export type Asked = { firstDay: number; lastDay: number; dayOffsetMinutes: number; now: number };

type Segments = Pick<Opened['segments'][number], 'stream' | 'day' | 'content'>[];

const minutes = (ms: number): number => ms / 60_000;
const levels = ['hypo1', 'hypo2', 'hyper1', 'hyper2'] as const satisfies Episodes.Level[];
const binMinutes = 30;

function windowOf({ firstDay, lastDay, dayOffsetMinutes, now }: Asked): Points.Window {
  const from = Day.startOf(firstDay, dayOffsetMinutes);
  return { from, to: Math.max(Math.min(Day.endOf(lastDay, dayOffsetMinutes), now), from + 1) };
}

export const readingsOf = (segments: Segments): Reading[] =>
  segments.flatMap((s) => (s.content.kind === 'readings' ? s.content.readings : []));

/** The figures of what one resolution shows. */
export function of(stream: Resolution, segments: Segments, asked: Asked): Figures {
  if (stream === 'glucose/raw') return fromRaw(segments, asked);
  return stream === 'glucose/report' ? fromReport(segments, asked) : fromSummaries(stream, segments, asked);
}

function fromRaw(segments: Segments, asked: Asked): Figures {
  const window = windowOf(asked);
  const points = [...Points.within(Points.fromReadings(readingsOf(segments)), window)];
  const summary = Summary.summarise(points, window);
  return {
    stream: 'glucose/raw',
    source: 'glucose/raw',
    firstDay: asked.firstDay,
    lastDay: asked.lastDay,
    statistics: summary,
    sensorActivePercent: summary.sensorActivePercent,
    days: summary.days,
    sufficient: summary.sufficient,
    insufficiency: summary.insufficiency ?? [],
    agp: points.length > 0 ? Agp.of(points, binMinutes) : null,
    hours: null,
    daily: daysOf(asked).map((day) => dayFrom(day, points, asked)),
    episodes: levels.map((level) => {
      const found = Episodes.of(points, level);
      return { level, perDay: found.perDay, list: found.episodes };
    }),
  };
}

function dayFrom(day: number, points: Points.Point[], { dayOffsetMinutes }: Asked): DayFigures {
  const [from, to] = [Day.startOf(day, dayOffsetMinutes), Day.endOf(day, dayOffsetMinutes)];
  const inside = points.filter((p) => p.at >= from && p.at < to);
  const statistics = Summary.summarise(inside);
  return {
    day,
    lastDay: day,
    points: inside.map((p) => [minutes(p.at - from), p.mgdl]),
    n: inside.length,
    meanMgDl: statistics.meanMgDl,
    inRangePercent: statistics.inRangePercent,
  };
}

const daysOf = ({ firstDay, lastDay }: Asked): number[] =>
  Array.from({ length: Math.min(lastDay - firstDay + 1, 366) }, (_, i) => firstDay + i);

/** Those of one stream by place. Two gateways that heard one day have each its summary of it: the fuller one counts. */
function fullest<T extends { n: number }>(found: (T & { place: string })[]): T[] {
  const kept = new Map<string, T>();
  for (const one of found) if (one.n > (kept.get(one.place)?.n ?? -1)) kept.set(one.place, one);
  return [...kept.values()];
}

type Part = { n: number; day: number; index: number; counts: Counts.Counts; interval: number };

const partsOf = (stream: Stream, segments: Segments): Part[] =>
  fullest(
    segments.flatMap(({ stream: of, day, content }) =>
      of !== stream || content.kind !== 'summary' || day === null
        ? []
        : content.summary.parts.map(({ index, counts }) => ({
            ...{ place: `${day}/${index}`, n: counts.n, day, index, counts },
            interval: content.summary.intervalMinutes,
          })),
    ),
  );

const add = (parts: Part[]): Counts.Counts =>
  parts.reduce((sum, p) => Counts.add(sum, p.counts), Counts.empty);

/** What counts come to over some days. */
function judged(counts: Counts.Counts, interval: number, asked: Asked) {
  const { from, to } = windowOf(asked);
  const length = minutes(to - from);
  const active = counts.n === 0 ? null : Math.min(100, (100 * counts.n * interval) / length);
  const insufficiency: Summary.Insufficiency[] = [];
  if (counts.n === 0) insufficiency.push('no-readings');
  if (length < 14 * 1440 - 60) insufficiency.push('fewer-than-14-days');
  if (active !== null && active < 70) insufficiency.push('sensor-active-below-70-percent');
  return {
    firstDay: asked.firstDay,
    lastDay: asked.lastDay,
    statistics: Summary.fromCounts(counts),
    sensorActivePercent: active,
    days: length / 1440,
    sufficient: insufficiency.length === 0,
    insufficiency,
  };
}

type Summarised = Exclude<Resolution, 'glucose/raw' | 'glucose/report'>;

function fromSummaries(stream: Summarised, segments: Segments, wanted: Asked): Figures {
  // Of part of a week nothing is known.
  const asked = { ...wanted, ...Span.within(stream, wanted) };
  const parts = partsOf(stream, segments);
  return {
    stream,
    source: stream,
    ...judged(add(parts), parts.at(-1)?.interval ?? 5, asked),
    agp: null,
    hours: stream === 'glucose/hour' ? hoursOf(parts) : null,
    daily: spansOf(stream, parts, asked),
    episodes: null,
  };
}

function hoursOf(parts: Part[]): Figures['hours'] {
  const mean = ({ sum, n }: Counts.Counts): number => sum / n;
  return Array.from({ length: 24 }, (_, hour) => parts.filter(({ index }) => index === hour))
    .map((those, hour) => ({ hour, those }))
    .filter(({ those }) => those.length > 0)
    .map(({ hour, those }) => ({ hour, meanMgDl: mean(add(those)) }));
}

/** Each day, or each week, with what it comes to. A summary lies on the last day of its span. */
const spansOf = (stream: Stream, parts: Part[], asked: Asked): DayFigures[] =>
  daysOf(asked)
    .filter((day) => Span.of(stream, day).firstDay === day && Span.of(stream, day).lastDay <= asked.lastDay)
    .map((day) => {
      const { lastDay } = Span.of(stream, day);
      const { n, meanMgDl, inRangePercent } = Summary.fromCounts(add(parts.filter((p) => p.day === lastDay)));
      return { day, lastDay, points: [], n, meanMgDl, inRangePercent };
    });

/** The newest report of 14 days; while there is none, what the days beside it come to. */
function fromReport(segments: Segments, asked: Asked): Figures {
  const found = fullest(
    segments.flatMap(({ day, content }) =>
      content.kind === 'report' && day !== null
        ? [{ place: String(day), n: content.report.counts.n, day, report: content.report }]
        : [],
    ),
  );
  const newest = found.sort((a, b) => a.day - b.day).at(-1);
  if (!newest) return { ...fromSummaries('glucose/day', segments, asked), stream: 'glucose/report' };
  const span = { ...asked, ...Span.of('glucose/report', newest.day) };
  const days = partsOf('glucose/day', segments);
  return {
    stream: 'glucose/report',
    source: 'glucose/report',
    ...judged(newest.report.counts, newest.report.intervalMinutes, span),
    agp: profileOf(newest.report),
    hours: null,
    daily: days.length > 0 ? spansOf('glucose/day', days, asked) : [],
    episodes: null,
  };
}

/** Percentiles by hour of the stream day, each within 5 mg/dL of the readings’ own. */
function profileOf({ hours, days }: Content.Report): Agp.Bin[] | null {
  if (hours.length === 0) return null;
  return Array.from({ length: 24 }, (_, hour) => {
    const bins = hours.find((one) => one.hour === hour)?.bins ?? [];
    const at = (p: number): number | null => Histogram.quantile(bins, p);
    return {
      ...{ fromMinute: hour * 60, toMinute: (hour + 1) * 60, days: bins.length > 0 ? days : 0 },
      ...{ p05: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) },
    };
  });
}
