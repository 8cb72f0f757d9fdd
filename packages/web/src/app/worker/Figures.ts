// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Opened } from '@islet/client/Access';
import * as Day from '@islet/core/Day';
import * as Agp from '@islet/core/metrics/Agp';
import * as Counts from '@islet/core/metrics/Counts';
import * as Episodes from '@islet/core/metrics/Episodes';
import * as Points from '@islet/core/metrics/Points';
import * as Summary from '@islet/core/metrics/Summary';
import type { Reading } from '@islet/core/Reading';

export type Resolution = 'glucose/raw' | 'glucose/hour' | 'glucose/day';

/** One day as a small picture: minutes of the local day with mg/dL, and what follows from them. */
export type DayFigures = {
  day: number;
  points: [minute: number, mgdl: number][];
  n: number;
  meanMgDl: number | null;
  inRangePercent: number | null;
};

/** Everything a report shows, computed by `@islet/core/metrics` and by nothing else. */
export type Figures = {
  stream: Resolution;
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
export const of = (stream: Resolution, segments: Segments, asked: Asked): Figures =>
  stream === 'glucose/raw' ? fromRaw(segments, asked) : fromSummaries(stream, segments, asked);

function fromRaw(segments: Segments, asked: Asked): Figures {
  const window = windowOf(asked);
  const points = [...Points.within(Points.fromReadings(readingsOf(segments)), window)];
  const summary = Summary.summarise(points, window);
  return {
    stream: 'glucose/raw',
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
    points: inside.map((p) => [minutes(p.at - from), p.mgdl]),
    n: inside.length,
    meanMgDl: statistics.meanMgDl,
    inRangePercent: statistics.inRangePercent,
  };
}

const daysOf = ({ firstDay, lastDay }: Asked): number[] =>
  Array.from({ length: Math.min(lastDay - firstDay + 1, 366) }, (_, i) => firstDay + i);

function fromSummaries(stream: Resolution, segments: Segments, asked: Asked): Figures {
  let all = Counts.empty;
  let interval = 5;
  const byDay = new Map<number, Counts.Counts>();
  const byHour = new Map<number, Counts.Counts>();
  const put = (map: Map<number, Counts.Counts>, key: number, counts: Counts.Counts): void => {
    map.set(key, Counts.add(map.get(key) ?? Counts.empty, counts));
  };
  for (const { day, content } of segments) {
    if (content.kind !== 'summary' || day === null) continue;
    interval = content.summary.intervalMinutes;
    for (const { index, counts } of content.summary.parts) {
      all = Counts.add(all, counts);
      put(byDay, day, counts);
      if (stream === 'glucose/hour') put(byHour, index, counts);
    }
  }
  const { from, to } = windowOf(asked);
  const length = minutes(to - from);
  const active = all.n === 0 ? null : Math.min(100, (100 * all.n * interval) / length);
  const insufficiency: Summary.Insufficiency[] = [];
  if (all.n === 0) insufficiency.push('no-readings');
  if (length < 14 * 1440 - 60) insufficiency.push('fewer-than-14-days');
  if (active !== null && active < 70) insufficiency.push('sensor-active-below-70-percent');
  return {
    stream,
    firstDay: asked.firstDay,
    lastDay: asked.lastDay,
    statistics: Summary.fromCounts(all),
    sensorActivePercent: active,
    days: length / 1440,
    sufficient: insufficiency.length === 0,
    insufficiency,
    agp: null,
    hours:
      stream === 'glucose/hour'
        ? [...byHour]
            .sort(([a], [b]) => a - b)
            .filter(([hour]) => hour < 24)
            .map(([hour, c]) => ({ hour, meanMgDl: c.sum / c.n }))
        : null,
    daily: daysOf(asked).map((day) => {
      const counts = byDay.get(day) ?? Counts.empty;
      const { n, meanMgDl, inRangePercent } = Summary.fromCounts(counts);
      return { day, points: [], n, meanMgDl, inRangePercent };
    }),
    episodes: null,
  };
}
