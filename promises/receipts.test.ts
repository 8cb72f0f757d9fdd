// Copyright the Islet authors. AGPL-3.0-or-later.
// A file too large to be held goes in whole and once, and a person sees day by day what became of it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from './islet.testkit.js';

const minute = 60_000;
const firstAt = Date.UTC(2024, 4, 6);
const days = 4;
/** Two hours of the second day are missing. */
const gap = { from: firstAt + 34 * 60 * minute, to: firstAt + 36 * 60 * minute };

let islet: Islet;
let file: string;
const times = Array.from({ length: days * 288 }, (_, i) => firstAt + i * 5 * minute).filter(
  (at) => at <= gap.from || at >= gap.to,
);
beforeAll(async () => {
  islet = await start();
  file = join(islet.folder, 'export.xml');
  // Real records are small and many; these are large and few, so that the test is short.
  const device = 'x'.repeat(16_000);
  const said = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000`;
  const records = times.map(
    (at, i) =>
      ` <Record type="HKQuantityTypeIdentifierBloodGlucose" sourceName="Dexcom G6" device="${device}" unit="mg/dL" startDate="${said(at)}" endDate="${said(at)}" value="${90 + (i % 60)}"/>\n`,
  );
  await writeFile(file, `<?xml version="1.0"?>\n<HealthData>\n${records.join('')}</HealthData>\n`);
});
afterAll(() => islet?.[Symbol.asyncDispose]());

test('before there is anything, every day is said to be empty', async () => {
  const { code, json } = await islet.run('receipts', '--from', '2024-05-06', '--to', '2024-05-07');
  expect(code).toBe(0);
  expect(json.days.map((d: { received: number }) => d.received)).toEqual([0, 0]);
});

test('a large export goes in whole, and adds nothing when it comes again', async () => {
  const first = await islet.run('import', file, '--zone', 'UTC');
  expect(first.json).toMatchObject({
    format: 'apple-health',
    rows: times.length,
    produced: times.length,
    accepted: times.length,
    refusedRows: 0,
    firstAt: times[0],
    lastAt: times.at(-1),
  });
  const again = await islet.run('import', file, '--zone', 'UTC');
  expect(again.json).toMatchObject({ accepted: 0, duplicatesKnown: times.length });
});

test('each day says what was received, stored and anchored, and where glucose is missing', async () => {
  const { json } = await islet.run('receipts', '--from', '2024-05-06', '--to', '2024-05-10');
  expect(json.backlog).toEqual({ waiting: 0, refused: 0, unanchored: 0 });
  const whole = { received: 288, glucose: 288, segments: 1, stored: 1, anchored: 1, closed: true, gaps: [] };
  expect(json.days).toEqual([
    { ...whole, day: '2024-05-06' },
    { ...whole, day: '2024-05-07', received: 265, glucose: 265, gaps: [gap] },
    { ...whole, day: '2024-05-08' },
    { ...whole, day: '2024-05-09' },
    {
      day: '2024-05-10',
      received: 0,
      glucose: 0,
      segments: 0,
      stored: 0,
      anchored: 0,
      closed: false,
      gaps: [{ from: firstAt + 4 * 1440 * minute, to: firstAt + 5 * 1440 * minute }],
    },
  ]);
});

test('a device’s key does not learn on which days there are readings', async () => {
  const { apiSecret } = (await islet.run('pair')).json;
  const told = await fetch(`${islet.ready.gateway}/v1/days?from=2024-05-06&to=2024-05-07`, {
    headers: { 'api-secret': apiSecret },
  });
  expect(told.status).toBe(400);
});
