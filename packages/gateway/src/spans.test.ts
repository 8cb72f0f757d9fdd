// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Agp from '@islet/core/metrics/Agp';
import * as Counts from '@islet/core/metrics/Counts';
import * as Histogram from '@islet/core/metrics/Histogram';
import * as Points from '@islet/core/metrics/Points';
import * as Quantile from '@islet/core/metrics/Quantile';
import type { Reading } from '@islet/core/Reading';
import * as Span from '@islet/core/Span';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from './Gateway.js';
import {
  cgm,
  ok,
  openAtHub,
  openGateway,
  type Paired,
  pair,
  post,
  postReadings,
  putKeys,
  settle,
  today,
} from './gateway.testkit.js';
import { startHub, type TestHub } from './hub.testkit.js';
import { type Scene, startScene } from './scene.testkit.js';

let scene: Scene;
let hub: TestHub;
let gateway: Gateway;
beforeAll(async () => {
  scene = await startScene();
  hub = await startHub(scene);
  gateway = await openGateway(scene, hub, 'spans');
});
afterAll(async () => {
  await gateway?.close();
  expect(hub?.faults).toEqual([]);
  await hub?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

/** The last report that is over, and its second week. */
const report = Span.of('glucose/report', Span.of('glucose/report', today()).firstDay - 1);
const week = Span.of('glucose/week', report.lastDay);
const streams = ['glucose/raw', 'glucose/day', 'glucose/week', 'glucose/report'] as const;
const runs = { streams, firstDay: report.firstDay - 7, days: 60 };
const at = (day: number, hour = 0) => Day.startOf(day, 0) + hour * 3_600_000;

async function contentOf(paired: Paired, stream: 'glucose/week' | 'glucose/report', day: number) {
  const closed = hub.entryOf(paired.person.hex, stream, day)?.closed;
  return closed ? openAtHub(scene, paired.person, hub, closed) : undefined;
}
const revisionOf = (paired: Paired, stream: 'glucose/week' | 'glucose/report', day: number): number => {
  const { closed } = hub.entryOf(paired.person.hex, stream, day)!;
  return hub.epochs.get(toHex(hub.segments.get(toHex(closed!))!.header.epochHash))!.header.revision;
};
const days = ({ firstDay, lastDay }: Span.Span) =>
  Array.from({ length: lastDay - firstDay + 1 }, (_, i) => firstDay + i);
const filled = (span: Span.Span, count = 288): Reading[] =>
  days(span).flatMap((day) =>
    cgm(at(day), count).map((r) => ({ ...r, value: 60 + (((r.at / 60_000) * 7) % 200) }) as Reading),
  );

test('a week’s summary is the counts of its seven days, on its Sunday and on no other day', async () => {
  const paired = await pair(scene, gateway, runs);
  const readings = filled(week, 40);
  const outside = [...cgm(at(week.firstDay) - 3_600_000, 12), ...cgm(at(week.lastDay + 1), 12)];
  await postReadings(gateway, paired, [...readings, ...outside], 'import');
  await settle(gateway, paired);
  expect(await contentOf(paired, 'glucose/week', week.lastDay)).toEqual({
    kind: 'summary',
    summary: { intervalMinutes: 5, parts: [{ index: 0, counts: Counts.of(Points.fromReadings(readings)) }] },
  });
  for (const day of days(week).slice(0, -1))
    expect(hub.entryOf(paired.person.hex, 'glucose/week', day)).toBeUndefined();
});

test('a report has the counts of 14 days, and percentiles by hour within 5 mg/dL of the readings’ own', async () => {
  const paired = await pair(scene, gateway, runs);
  const readings = filled(report);
  await postReadings(gateway, paired, readings, 'import');
  await settle(gateway, paired);
  const content = await contentOf(paired, 'glucose/report', report.lastDay);
  if (content?.kind !== 'report') throw new Error('no report');
  const points = Points.fromReadings(readings);
  const { counts, days: worn, hours, intervalMinutes } = content.report;
  expect([counts, worn, intervalMinutes]).toEqual([Counts.of(points), 14, 5]);
  expect(hours.map((h) => h.hour)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  const bins = Agp.of(points, 60);
  for (const { hour, bins: histogram } of hours) {
    const values = points.filter((p) => new Date(p.at).getUTCHours() === hour).map((p) => p.mgdl);
    values.sort((a, b) => a - b);
    for (const p of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      const told = Histogram.quantile(histogram, p)!;
      expect(Math.abs(told - Quantile.of(values, p)!)).toBeLessThanOrEqual(5);
    }
    // An even sensor: the profile drawn from raw readings is the same curve.
    expect(Math.abs(Histogram.quantile(histogram, 0.5)! - bins[hour]!.p50!)).toBeLessThanOrEqual(15);
  }
});

test('hours that fewer than three days tell of are left out, and a week or report of fewer days is none', async () => {
  const paired = await pair(scene, gateway, runs);
  const [first, second, third] = days(week) as [number, number, number];
  await postReadings(
    gateway,
    paired,
    [first, second].flatMap((day) => cgm(at(day), 288)),
    'two days',
  );
  await settle(gateway, paired);
  expect(await contentOf(paired, 'glucose/week', week.lastDay)).toBeUndefined();
  expect(await contentOf(paired, 'glucose/report', report.lastDay)).toBeUndefined();
  await postReadings(gateway, paired, cgm(at(third), 24), 'two hours more');
  await settle(gateway, paired);
  expect(await contentOf(paired, 'glucose/week', week.lastDay)).toMatchObject({ kind: 'summary' });
  expect(await contentOf(paired, 'glucose/report', report.lastDay)).toMatchObject({
    report: { days: 3, hours: [{ hour: 0 }, { hour: 1 }] },
  });
});

test('a span changes for twelve readings or more, under a higher revision, and goes when its readings go', async () => {
  const paired = await pair(scene, gateway, runs);
  await postReadings(gateway, paired, filled(week, 40), 'import');
  await settle(gateway, paired);
  const before = hub.entryOf(paired.person.hex, 'glucose/week', week.lastDay);
  await postReadings(gateway, paired, cgm(at(week.firstDay, 10), 11));
  await settle(gateway, paired);
  expect(hub.entryOf(paired.person.hex, 'glucose/week', week.lastDay)).toEqual(before);
  await postReadings(gateway, paired, cgm(at(week.firstDay, 20), 1));
  await settle(gateway, paired);
  expect(revisionOf(paired, 'glucose/week', week.lastDay)).toBe(1);
  const content = await contentOf(paired, 'glucose/week', week.lastDay);
  expect(content).toMatchObject({ summary: { parts: [{ counts: { n: 7 * 40 + 12 } }] } });
  await ok(post(gateway, '/v1/withdraw', paired.write, { importId: 'import' }));
  await settle(gateway, paired);
  // Twelve readings of one day are left: they are that day's, not the week's.
  expect(await contentOf(paired, 'glucose/week', week.lastDay)).toBeUndefined();
});

test('is sealed once keys for it come, and not while it is not over', async () => {
  const paired = await pair(scene, gateway, { ...runs, streams: ['glucose/raw'] });
  const now = Span.of('glucose/week', today());
  await postReadings(
    gateway,
    paired,
    [...filled(week, 10), ...filled({ ...now, lastDay: today() }, 1)],
    'import',
  );
  await settle(gateway, paired);
  expect(hub.headOf(paired.person.hex, 'glucose/week')).toBeUndefined();
  await putKeys(scene, gateway, paired.person, { ...runs, streams: ['glucose/week'] });
  await settle(gateway, paired);
  expect(await contentOf(paired, 'glucose/week', week.lastDay)).toMatchObject({ kind: 'summary' });
  expect(await contentOf(paired, 'glucose/week', now.lastDay)).toBeUndefined();
});
