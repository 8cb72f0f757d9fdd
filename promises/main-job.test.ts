// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as Day from '@islet/core/Day';
import * as Points from '@islet/core/metrics/Points';
import * as Metrics from '@islet/core/metrics/Summary';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Islet, start } from './islet.testkit.js';

const zone = 'Europe/Bucharest';
// In 1961, as some real files are dated; eight days.
const readings = Person.days('main-job', { firstAt: Date.UTC(1961, 3, 11, 22), days: 8, zone });
const [from, to, next] = ['1961-04-12', '1961-04-18', '1961-04-19'];

let islet: Islet;
let file: string;
let written: ClarityFile.Written;
let grant: string;

beforeAll(async () => {
  islet = await start();
  written = ClarityFile.write(readings, { zone } as ClarityFile.Quirks);
  file = join(islet.folder, 'export.csv');
  await writeFile(file, written.bytes);
});
afterAll(() => islet?.[Symbol.asyncDispose]());

describe('the main job, in real processes', () => {
  test('a file goes in, and every row is accounted for', async () => {
    const { code, json } = await islet.run('import', file, '--zone', zone);
    expect(code, JSON.stringify(json)).toBe(0);
    expect(json.refused).toEqual([]);
    const produced = json.rows - json.untimed - json.duplicatesInFile;
    expect(produced).toBeGreaterThan(2000);
    expect(json.accepted).toBe(
      Object.values(json.readings as Record<string, number>).reduce((a, b) => a + b, 0),
    );
  });

  test('importing it again adds nothing', async () => {
    const { json } = await islet.run('import', file, '--zone', zone);
    expect(json.accepted).toBe(0);
    expect(json.duplicatesKnown).toBeGreaterThan(2000);
  });

  test('before any grant the clinic is refused, and it is on record', async () => {
    const { code, json } = await islet.run('report', '--as', 'clinic', '--from', from, '--to', to);
    expect(code).not.toBe(0);
    expect(json.error.code).toBe('DENIED_UNKNOWN_GRANT');
  });

  test('a grant of one resolution for one window gives a verified report of exactly that', async () => {
    const granted = await islet.run(
      'grant',
      '--reader',
      'clinic',
      '--streams',
      'glucose/day',
      '--from',
      from,
      '--to',
      to,
      '--until',
      '2200-01-01',
      '--purpose',
      'treatment',
    );
    expect(granted.code, JSON.stringify(granted.json)).toBe(0);
    grant = granted.json.grant;
    const { code, json } = await islet.run('report', '--as', 'clinic', '--from', from, '--to', to);
    expect(code, JSON.stringify(json)).toBe(0);
    const window = { from: Day.startOf(Day.parse(from)!, 120), to: Day.endOf(Day.parse(to)!, 120) };
    const expected = Metrics.summarise(Points.fromReadings(readings), window);
    expect(json.stream).toBe('glucose/day');
    expect(json.metrics.n).toBe(expected.n);
    for (const figure of [
      'meanMgDl',
      'sdMgDl',
      'cvPercent',
      'gmiPercent',
      'inRangePercent',
      'veryLowPercent',
      'lowPercent',
      'highPercent',
      'veryHighPercent',
      'tightRangePercent',
      'gri',
    ] as const)
      expect(json.metrics[figure], figure).toBeCloseTo(expected[figure]!, 1);
    expect(json.verified.segments).toBe(7);
    expect(json.verified.receipts).toBe(7);
    expect(json.verified.chainHead).toBeGreaterThan(0);
  });

  test('nothing finer, no other day', async () => {
    const raw = await islet.run(
      'report',
      '--as',
      'clinic',
      '--from',
      from,
      '--to',
      to,
      '--stream',
      'glucose/raw',
    );
    expect(raw.json.error?.code).toBe('DENIED_WRONG_STREAM');
    const outside = await islet.run('report', '--as', 'clinic', '--from', from, '--to', next);
    expect(outside.json.error?.code).toBe('DENIED_OUTSIDE_WINDOW');
    expect(raw.code).not.toBe(0);
    expect(outside.code).not.toBe(0);
  });

  test('the patient sees their own raw readings, verified', async () => {
    const { code, json } = await islet.run('report', '--as', 'me', '--from', from, '--to', to);
    expect(code, JSON.stringify(json)).toBe(0);
    const window = { from: Day.startOf(Day.parse(from)!, 120), to: Day.endOf(Day.parse(to)!, 120) };
    const expected = Metrics.summarise(Points.fromReadings(readings), window);
    expect(json.metrics.n).toBe(expected.n);
    expect(json.metrics.meanMgDl).toBeCloseTo(expected.meanMgDl!, 9);
    expect(json.metrics.sensorActivePercent).toBeCloseTo(expected.sensorActivePercent!, 9);
  });

  test('it goes on after the whole of Islet is killed', async () => {
    await islet.restart('SIGKILL');
    const { code, json } = await islet.run('report', '--as', 'clinic', '--from', from, '--to', to);
    expect(code, JSON.stringify(json)).toBe(0);
    expect((await islet.run('import', file, '--zone', zone)).json.accepted).toBe(0);
  });

  test('verify opens everything; an export holds offline; one altered digit is found at its time', async () => {
    const online = await islet.run('verify');
    expect(online.code, JSON.stringify(online.json)).toBe(0);
    const path = join(islet.folder, 'all.json');
    const exported = await islet.run('export', path);
    expect(exported.code, JSON.stringify(exported.json)).toBe(0);
    const offline = await islet.run('verify', path);
    expect(offline.json.verified.readings).toBe(exported.json.readings);
    const onChain = await islet.run('verify', path, '--chain', islet.ready.chain);
    expect(onChain.json.verified.chainHead).toBeGreaterThan(0);
    const text = await readFile(path, 'utf8');
    const altered = JSON.parse(text);
    const victim = altered.segments.find(
      (s: any) => s.stream === 'glucose/raw' && s.content.readings?.length > 3,
    ).content.readings[3];
    victim.value += 1;
    await writeFile(path, JSON.stringify(altered));
    const found = await islet.run('verify', path);
    expect(found.code).not.toBe(0);
    expect(found.json.error.code).toBe('EXPORT_TAMPERED');
    expect(found.json.error.message).toContain(new Date(victim.at).toISOString());
  });

  test('revoking ends it at once', async () => {
    expect((await islet.run('revoke', grant)).json.custodiansTold).toBe(3);
    const { json } = await islet.run('report', '--as', 'clinic', '--from', from, '--to', to);
    expect(json.error?.code).toBe('DENIED_REVOKED');
    expect((await islet.run('grants')).json.grants[0].state).toBe('revoked');
  });

  test('who saw what has every look and every refusal', async () => {
    const { json } = await islet.run('access');
    const clinic = json.accesses.filter((a: any) => a.reader === 'clinic');
    const codes = clinic.map((a: any) => a.code);
    expect(codes).toEqual([
      'DENIED_UNKNOWN_GRANT',
      'GRANTED',
      'DENIED_WRONG_STREAM',
      'DENIED_OUTSIDE_WINDOW',
      'GRANTED',
      'DENIED_REVOKED',
    ]);
    for (const a of clinic.filter((a: any) => a.code === 'GRANTED'))
      expect(a.releases.length).toBeGreaterThanOrEqual(2);
  });
});
