// Copyright the Islet authors. AGPL-3.0-or-later.
// Clocks: the nights on which they change, and the zone that a person did not name.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import { provision } from '@islet/cli/Provision';
import { keyDays } from '@islet/client/Horizon';
import * as Day from '@islet/core/Day';
import type { Glucose } from '@islet/core/Reading';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as LibreviewFile from '@islet/sim/LibreviewFile';
import * as Wall from '@islet/sim/Wall';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from './command.testkit.js';
import { type Islet, start } from './islet.testkit.js';

const minute = 60_000;
const hour = 60 * minute;
const dayMs = 24 * hour;

let islet: Islet;

beforeAll(async () => {
  islet = await start();
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  await provision(home, network, 'abroad', 'patient');
});
afterAll(() => islet?.[Symbol.asyncDispose]());

/** Three days of one reading every `step`, the clock changing in the middle. Nothing is missing, nothing is twice. */
function steady(firstAt: number, step: number): Glucose[] {
  return Array.from({ length: (3 * dayMs) / step }, (_, i) => ({
    kind: 'glucose',
    value: 80 + (i % 90),
    unit: 'mg/dL',
    beyond: null,
    method: 'cgm',
    at: firstAt + i * step,
    offsetMinutes: 0,
    said: '',
    source: { app: 'sim', device: '', id: null },
  }));
}

/** `change` is the moment at which the clocks change; offsets are before and after it. */
const nights = [
  { zone: 'Europe/Bucharest', change: Date.UTC(2024, 2, 31, 1), offsets: [120, 180] },
  { zone: 'Europe/Bucharest', change: Date.UTC(2024, 9, 27, 1), offsets: [180, 120] },
  { zone: 'America/New_York', change: Date.UTC(2024, 2, 10, 7), offsets: [-300, -240] },
  { zone: 'America/New_York', change: Date.UTC(2024, 10, 3, 6), offsets: [-240, -300] },
] as const;

describe.each(nights)('the night of $change in $zone', ({ zone, change, offsets }) => {
  const person = zone === 'Europe/Bucharest' ? 'me' : 'abroad';
  // Newest readings tell where a person's days start: those of the first import here.
  const dayOffset = person === 'me' ? 180 : -240;
  // Three whole stream days around the change.
  const middle = Math.floor((change + dayOffset * minute) / dayMs) * dayMs - dayOffset * minute;
  const first = middle - dayMs;
  const date = (at: number) => new Date(at + dayOffset * minute).toISOString().slice(0, 10);
  const report = async () => {
    const { code, json } = await islet.run(
      'report',
      '--as',
      person,
      '--person',
      person,
      '--from',
      date(first),
      '--to',
      date(first + 2 * dayMs),
    );
    expect(code, JSON.stringify(json)).toBe(0);
    return json;
  };

  test('from a file is no gap and no overlap', async () => {
    expect(Wall.offsetMinutes(change - 1, zone)).toBe(offsets[0]);
    expect(Wall.offsetMinutes(change, zone)).toBe(offsets[1]);
    const readings = steady(first, 5 * minute);
    const file = join(islet.folder, `${change}.csv`);
    await writeFile(file, ClarityFile.write(readings, { zone, ticks: 'left-out' }).bytes);
    const { code, json } = await islet.run('import', file, '--zone', zone, '--person', person);
    expect(code, JSON.stringify(json)).toBe(0);
    expect(json).toMatchObject({
      accepted: 864,
      refused: [],
      firstAt: first,
      lastAt: first + 3 * dayMs - 5 * minute,
    });
    const { metrics } = await report();
    expect(metrics.n).toBe(864);
    expect(metrics.sensorActivePercent).toBe(100);
    expect(metrics.meanMgDl).toBeCloseTo(readings.reduce((sum, r) => sum + r.value, 0) / 864, 9);
  });
});

test('a file by the minute, sorted as LibreView sorts, keeps every quarter of the long night', async () => {
  // Another year than above: the same person, the same days of the calendar, other days.
  const first = Date.UTC(2023, 9, 27, 21);
  const readings = steady(first, 15 * minute);
  const file = join(islet.folder, 'libre.csv');
  await writeFile(file, LibreviewFile.write(readings, { zone: 'Europe/Bucharest' }).bytes);
  const { json } = await islet.run('import', file, '--zone', 'Europe/Bucharest');
  expect(json).toMatchObject({ accepted: 288, refused: [], duplicatesInFile: 0 });
  const asked = await islet.run('report', '--as', 'me', '--from', '2023-10-28', '--to', '2023-10-30');
  expect(asked.json.metrics).toMatchObject({ n: 288, sensorActivePercent: 100 });
});

test('nights told live, each reading with the offset of its moment, are no gap and no overlap', async () => {
  const { apiSecret } = (await islet.run('pair')).json;
  const headers = { 'api-secret': apiSecret, 'content-type': 'application/json' };
  // Both Bucharest nights of 2022, one reading in five minutes; every other one tells its time in words alone.
  const changes = [Date.UTC(2022, 2, 27, 1), Date.UTC(2022, 9, 30, 1)];
  const firsts = changes.map((change) => Math.floor((change + 3 * hour) / dayMs) * dayMs - 3 * hour);
  await keyed(firsts.map((at) => Day.of(at, 180)));
  for (const first of firsts) {
    const body = steady(first, 5 * minute)
      .slice(0, 288)
      .map(({ at, value }, i) => ({
        type: 'sgv',
        sgv: value,
        ...(i % 2 === 0 && { date: at }),
        dateString: told(at, Wall.offsetMinutes(at, 'Europe/Bucharest')),
      }));
    expect(new Set(body.map((e) => e.dateString.slice(-5))), 'both offsets are told').toEqual(
      new Set(['+0200', '+0300']),
    );
    for (let n = 0; n < body.length; n += 48) {
      const part = JSON.stringify(body.slice(n, n + 48));
      const answer = await fetch(`${islet.ready.gateway}/api/v1/entries`, {
        method: 'POST',
        body: part,
        headers,
      });
      expect(answer.status, await answer.clone().text()).toBe(200);
    }
  }
  await settled(headers);
  for (const first of firsts) {
    const date = Day.format(Day.of(first, 180));
    const { json } = await islet.run('report', '--as', 'me', '--from', date, '--to', date);
    expect(json.metrics, JSON.stringify(json)).toMatchObject({ n: 288, sensorActivePercent: 100 });
  }
});

test('an import without a zone says which it took; taken back, the file goes in again with the right one', async () => {
  const first = Date.UTC(2021, 6, 3, 21);
  const readings = steady(first, 5 * minute).slice(0, 288);
  const file = join(islet.folder, 'no-zone.csv');
  await writeFile(file, ClarityFile.write(readings, { zone: 'Europe/Bucharest' }).bytes);
  const report = () => islet.run('report', '--as', 'me', '--from', '2021-07-01', '--to', '2021-07-07');

  const wrong = await command(islet.folder, ['import', file], { TZ: 'America/New_York' });
  expect(wrong.code, wrong.err).toBe(0);
  expect(wrong.out).toContain('America/New_York');
  const undo = /npx islet (import --undo \S+?),/.exec(wrong.out)?.[1];
  expect(undo, wrong.out).toBeDefined();
  expect((await report()).json.metrics.n).toBe(288);

  const undone = await islet.run(...undo!.split(' '));
  expect(undone.code, JSON.stringify(undone.json)).toBe(0);
  expect(undone.json.readings).toBe(288);
  expect((await report()).json.metrics?.n ?? 0).toBe(0);

  const { code, json } = await islet.run('import', file, '--zone', 'Europe/Bucharest');
  expect(code, JSON.stringify(json)).toBe(0);
  expect(json).toMatchObject({ accepted: 288, firstAt: first, zone: 'Europe/Bucharest', zoneAssumed: false });
  const right = await islet.run('report', '--as', 'me', '--from', '2021-07-04', '--to', '2021-07-04');
  expect(right.json.metrics, JSON.stringify(right.json)).toMatchObject({ n: 288, sensorActivePercent: 100 });
  expect((await report()).json.metrics.n).toBe(288);
});

/** As uploaders write it: local time, and the offset without a colon. */
function told(at: number, offset: number): string {
  const local = new Date(at + offset * minute).toISOString().slice(0, -1);
  return `${local}+0${offset / 60}00`;
}

/** Gives the gateway the keys of these days, as an import does before it sends. */
async function keyed(days: Day.Day[]): Promise<void> {
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  const runs = (['glucose/raw', 'glucose/hour', 'glucose/day'] as const).flatMap((stream) =>
    days.map((firstDay) => ({ stream, firstDay, days: 1 })),
  );
  await keyDays(network, await People.need(home, 'me'), runs, People.keeper(home));
}

async function settled(headers: Record<string, string>): Promise<void> {
  const answer = await fetch(`${islet.ready.gateway}/v1/settle`, { method: 'POST', headers });
  expect(answer.status).toBe(200);
  for (let n = 0; n < 300; n++) {
    const status = await fetch(`${islet.ready.gateway}/v1/status`, { headers });
    const { segments } = (await status.json()) as { segments: { sealed: number; anchored: number } };
    if (segments.anchored >= segments.sealed) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('not everything was anchored');
}
