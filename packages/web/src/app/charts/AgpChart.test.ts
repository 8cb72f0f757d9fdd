// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Agp from '@islet/core/metrics/Agp';
import * as Points from '@islet/core/metrics/Points';
import { curve, floor, topOf } from '@islet/fhir/ChartScale';
import * as Life from '@islet/sim/Person';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { AgpChart } from './AgpChart.js';

const zone = 'Europe/Berlin';
const life = Life.days('agp', { firstAt: Date.UTC(2026, 2, 2), days: 14, zone });
const bins = Agp.of(Points.fromReadings(life), 30);

const drawn = (some: Agp.Bin[]): string =>
  renderToStaticMarkup(
    createElement(AgpChart, {
      bins: some,
      label: 'Glucose by time of day',
      name: String,
      hour: (minute: number) => `${minute / 60}`,
    }),
  );

test('the profile of a known fortnight is drawn as ever', async () => {
  await expect(`${drawn(bins)}\n`).toMatchFileSnapshot('AgpChart.snapshot.svg');
});

test('every half hour’s middle value stands where the core puts it', () => {
  const path = /class="agp-middle" d="([^"]+)"/.exec(drawn(bins))?.[1] ?? '';
  const top = topOf(Math.max(...bins.map((b) => b.p95!)));
  // The end of each stretch of the curve is a bin; what lies before it only bends the line.
  const ends = [...path.matchAll(/(?:^M|C[^C]*? [-\d.]+ [-\d.]+ )([-\d.]+) ([-\d.]+)(?=C|$)/g)];
  expect(ends).toHaveLength(48);
  for (const [i, [, , y]] of ends.entries()) {
    const mgdl = top - ((Number(y) - 12) / (300 - 12 - 28)) * (top - floor);
    expect(mgdl).toBeCloseTo(bins[i]!.p50!, 1);
  }
});

test('nothing is drawn where no day has glucose', () => {
  const holed = bins.map((b, i) =>
    i >= 10 && i < 14 ? { ...b, days: 0, p05: null, p25: null, p50: null, p75: null, p95: null } : b,
  );
  expect(drawn(holed).match(/class="agp-middle"/g)).toHaveLength(2);
  expect(drawn([])).not.toContain('agp-middle');
});

test('the curve goes through its points and never beyond two neighbours', () => {
  const points: [number, number][] = [
    [0, 10],
    [10, 10],
    [20, 80],
    [30, 20],
  ];
  const numbers = curve(points).slice(1).split(/[C ]/).map(Number);
  const ys = numbers.filter((_, i) => i % 2 === 1);
  expect(Math.min(...ys)).toBe(10);
  expect(Math.max(...ys)).toBe(80);
});
