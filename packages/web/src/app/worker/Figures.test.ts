// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Content } from '@islet/core/Content';
import * as Day from '@islet/core/Day';
import * as Agp from '@islet/core/metrics/Agp';
import * as Counts from '@islet/core/metrics/Counts';
import * as Histogram from '@islet/core/metrics/Histogram';
import * as Points from '@islet/core/metrics/Points';
import * as Summary from '@islet/core/metrics/Summary';
import * as Span from '@islet/core/Span';
import type { Stream } from '@islet/core/Stream';
import * as Life from '@islet/sim/Person';
import { expect, test } from 'vitest';
import * as Figures from './Figures.js';

const zone = 'UTC';
const firstAt = Date.UTC(2026, 5, 1);
const readings = Life.days('figures', { firstAt, days: 14, zone });
const firstDay = Day.of(firstAt, 0);
const asked = { firstDay, lastDay: firstDay + 13, dayOffsetMinutes: 0, now: Date.UTC(2026, 6, 1) };
const points = Points.fromReadings(readings);
const window = { from: firstAt, to: firstAt + 14 * 86_400_000 };

const segment = (stream: Stream, day: number, content: Content) => ({ stream, day, content });
const raw = [segment('glucose/raw', firstDay, { kind: 'readings', readings })];

function summaries(stream: 'glucose/day' | 'glucose/hour') {
  return Array.from({ length: 14 }, (_, i) => {
    const from = firstAt + i * 86_400_000;
    const of = (a: number, b: number) => Counts.of(points.filter((p) => p.at >= a && p.at < b));
    const hour = 3_600_000;
    const parts =
      stream === 'glucose/day'
        ? [{ index: 0, counts: of(from, from + 24 * hour) }]
        : Array.from({ length: 24 }, (_, h) => ({
            index: h,
            counts: of(from + h * hour, from + (h + 1) * hour),
          }));
    return segment(stream, firstDay + i, {
      kind: 'summary',
      summary: { intervalMinutes: 5, parts: parts.filter((p) => p.counts.n >= 3) },
    });
  });
}

test('single readings give exactly the core’s figures', () => {
  const figures = Figures.of('glucose/raw', raw, asked);
  const expected = Summary.summarise(points, window);
  expect(figures.statistics).toMatchObject({ meanMgDl: expected.meanMgDl, gri: expected.gri, n: expected.n });
  expect(figures.agp).toEqual(Agp.of(points, 30));
  expect(figures.sufficient).toBe(true);
  expect(figures.daily).toHaveLength(14);
  expect(figures.daily.reduce((n, d) => n + d.n, 0)).toBe(expected.n);
});

test('daily summaries give the same ranges, and no profile that they cannot hold', () => {
  const figures = Figures.of('glucose/day', summaries('glucose/day'), asked);
  const exact = Figures.of('glucose/raw', raw, asked).statistics;
  expect(figures.statistics.inRangePercent).toBeCloseTo(exact.inRangePercent!, 10);
  expect(figures.statistics.meanMgDl).toBeCloseTo(exact.meanMgDl!, 0);
  expect(figures).toMatchObject({ agp: null, hours: null, episodes: null });
  expect(figures.daily.every((d) => d.points.length === 0 && d.meanMgDl !== null)).toBe(true);
});

test('hourly summaries give the mean of each hour', () => {
  const { hours } = Figures.of('glucose/hour', summaries('glucose/hour'), asked);
  expect(hours).toHaveLength(24);
  const seven = points.filter((p) => new Date(p.at).getUTCHours() === 7);
  const mean = seven.reduce((sum, p) => sum + Math.round(p.mgdl), 0) / seven.length;
  expect(hours?.[7]?.meanMgDl).toBeCloseTo(mean, 6);
});

test('nothing gives no figures, and says why', () => {
  for (const stream of Figures.resolutions) {
    const figures = Figures.of(stream, [], asked);
    expect(figures.statistics.n).toBe(0);
    expect(figures.insufficiency).toContain('no-readings');
  }
});

/** The week and the report that lie wholly in the days there are. */
const spanOf = (stream: Stream): Span.Span => {
  const { lastDay } = Span.within(stream, long)!;
  return Span.of(stream, lastDay);
};
const long = { firstDay, lastDay: firstDay + 27 };
const many = Points.fromReadings(Life.days('figures', { firstAt, days: 28, zone }));
const inside = ({ firstDay: a, lastDay: b }: Span.Span) =>
  many.filter((p) => p.at >= Day.startOf(a, 0) && p.at < Day.endOf(b, 0));

test('a week is one figure of its own days, whatever days were granted', () => {
  const span = spanOf('glucose/week');
  const counts = Counts.of(inside(span));
  const content: Content = {
    kind: 'summary',
    summary: { intervalMinutes: 5, parts: [{ index: 0, counts }] },
  };
  const granted = { ...asked, firstDay: span.firstDay - 2, lastDay: span.lastDay + 3 };
  const figures = Figures.of('glucose/week', [segment('glucose/week', span.lastDay, content)], granted);
  expect(figures).toMatchObject({ ...span, agp: null, hours: null, episodes: null, days: 7 });
  expect(figures.statistics.meanMgDl).toBeCloseTo(counts.sum / counts.n, 10);
  expect(figures.daily).toMatchObject([
    { day: span.firstDay, lastDay: span.lastDay, n: counts.n, points: [] },
  ]);
});

function reportOf(span: Span.Span): Content {
  const within = inside(span);
  const hours = Array.from({ length: 24 }, (_, hour) => ({
    hour,
    bins: Histogram.of(within.filter((p) => new Date(p.at).getUTCHours() === hour)),
  }));
  return { kind: 'report', report: { intervalMinutes: 5, days: 14, counts: Counts.of(within), hours } };
}

test('a report has its profile by hour, and the days beside it where they were granted', () => {
  const span = spanOf('glucose/report');
  const report = segment('glucose/report', span.lastDay, reportOf(span));
  const granted = { ...asked, ...long };
  const figures = Figures.of('glucose/report', [report, ...summaries('glucose/day')], granted);
  expect(figures).toMatchObject(span);
  expect(figures.statistics.n).toBe(inside(span).length);
  expect(figures.daily).toHaveLength(28);
  const exact = Agp.of(inside(span), 60);
  for (const [i, bin] of (figures.agp ?? []).entries())
    expect(Math.abs(bin.p50! - exact[i]!.p50!), `hour ${i}`).toBeLessThan(10);
  expect(Figures.of('glucose/report', [report], granted).daily).toEqual([]);
});

test('two gateways that heard one week count once', () => {
  const span = spanOf('glucose/report');
  const less = { ...span, lastDay: span.lastDay - 1 };
  const both = [reportOf(less), reportOf(span)].map((c) => segment('glucose/report', span.lastDay, c));
  expect(Figures.of('glucose/report', both, { ...asked, ...long }).statistics.n).toBe(inside(span).length);
});
