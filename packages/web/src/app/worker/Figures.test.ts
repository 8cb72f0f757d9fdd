// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Content } from '@islet/core/Content';
import * as Day from '@islet/core/Day';
import * as Agp from '@islet/core/metrics/Agp';
import * as Counts from '@islet/core/metrics/Counts';
import * as Points from '@islet/core/metrics/Points';
import * as Summary from '@islet/core/metrics/Summary';
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
  for (const stream of ['glucose/raw', 'glucose/hour', 'glucose/day'] as const) {
    const figures = Figures.of(stream, [], asked);
    expect(figures.statistics.n).toBe(0);
    expect(figures.insufficiency).toContain('no-readings');
  }
});
