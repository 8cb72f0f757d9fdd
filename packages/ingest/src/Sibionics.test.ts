// Copyright the Islet authors. AGPL-3.0-or-later.
// Tried against generated files only: the layouts are known from what others wrote of them, not from real exports.
import type { Reading } from '@islet/core/Reading';
import * as Person from '@islet/sim/Person';
import * as Wall from '@islet/sim/Wall';
import { describe, expect, test } from 'vitest';
import * as Laws from './laws.testkit.js';
import type { Parsed } from './Outcome.js';
import * as Sibionics from './Sibionics.js';

const zone = 'Asia/Shanghai';
const life = Person.days('sibionics', { firstAt: Date.UTC(2026, 9, 3, 16), days: 4, zone }).filter(
  (r) => r.kind === 'glucose',
);

const read = (text: string): Parsed => Laws.read(Sibionics.format, Laws.ofText(text), zone)!;
const readingsOf = ({ outcomes }: Parsed): Reading[] =>
  outcomes.flatMap((o) => (o.is === 'readings' ? o.readings : []));

type Layout = 'app' | 'numbered' | 'clinic';

function write(layout: Layout, value: (mgdl: number) => string): string {
  const rows = life.map((r, i) => {
    const { year, month, day, hour, minute, second } = Wall.at(r.at, zone);
    const [D, M, h, m, s] = [day, month, hour, minute, second].map((n) => Wall.padded(n));
    if (layout === 'app') return `"${D}-${M}-${year} ${h}:${m} GMT+8"\t${value(r.value)}`;
    const time = `${year}-${M}-${D} ${h}:${m}:${s}`;
    return layout === 'numbered' ? `${i + 1},${time},${value(r.value)}` : `${value(r.value)},${time},,,`;
  });
  const head = {
    app: 'Time\tSensor Reading(mg/dL)',
    numbered: 'No.,Time,Sensor reading(mmol/L)',
    clinic: '\uFEFF血糖值(mmol/L),采集时间,机构名称：诊所,姓名：某人,设备名称：LT2610AB12',
  }[layout];
  // The clinic's system puts the newest row first.
  return [head, ...(layout === 'clinic' ? rows.toReversed() : rows), ''].join('\r\n');
}

const molar = (mgdl: number) => (mgdl / 18.01559).toFixed(1);

describe('a Sibionics export', () => {
  test.each([
    ['app', (mgdl: number) => String(Math.round(mgdl)), 'mg/dL', 60_000],
    ['numbered', molar, 'mmol/L', 1000],
    ['clinic', molar, 'mmol/L', 1000],
  ] as const)('in the layout of the %s is read back to the last row', (layout, value, unit, grain) => {
    const parsed = read(write(layout, value));
    expect(parsed.outcomes).toHaveLength(life.length);
    expect(parsed.unit).toBe(unit);
    expect(parsed.remarks).toEqual([]);
    const got = readingsOf(parsed).map((r) => [
      Math.floor(r.at / grain),
      r.kind === 'glucose' && r.value,
      r.offsetMinutes,
    ]);
    if (layout === 'clinic') got.reverse();
    expect(got).toEqual(life.map((r) => [Math.floor(r.at / grain), Number(value(r.value)), 480]));
  });

  test('the clinic’s names its sensor, and not the person', () => {
    expect(readingsOf(read(write('clinic', molar)))[0]!.source).toEqual({
      app: 'sibionics',
      device: 'LT2610AB12',
      id: null,
    });
  });

  test('an offset in the file is believed over the zone that was asked for', () => {
    const at = (time: string) => readingsOf(read(`Time,Sensor Reading(mg/dL)\n${time},100\n`))[0];
    expect(at('05-06-2026 10:00 GMT+8')).toMatchObject({ at: Date.UTC(2026, 5, 5, 2), offsetMinutes: 480 });
    expect(at('05-06-2026 10:00 GMT-3:30')).toMatchObject({
      at: Date.UTC(2026, 5, 5, 13, 30),
      offsetMinutes: -210,
    });
    expect(at('05-06-2026 10:00 GMT')).toMatchObject({ at: Date.UTC(2026, 5, 5, 10), offsetMinutes: 0 });
  });

  test('of the ketone sensor, whose columns are the same, is told by its levels', () => {
    const parsed = read(write('numbered', (mgdl) => (mgdl / 100).toFixed(1)));
    expect(parsed.remarks.map((r) => r.code)).toEqual(['ketone-sensor']);
    expect(parsed.unit).toBeNull();
    expect(new Set(readingsOf(parsed).map((r) => (r.kind === 'device' ? r.what : r.kind)))).toEqual(
      new Set(['ketone mmol/L']),
    );
  });

  test('that could be either is not guessed at', () => {
    const parsed = read(
      'No.,Time,Sensor reading(mmol/L)\n1,2026-01-01 10:00:00,3.4\n2,2026-01-01 10:05:00,3.5\n',
    );
    expect(parsed.outcomes.map((o) => o.is)).toEqual(['refused', 'refused']);
    expect(parsed.remarks.map((r) => r.code)).toEqual(['sensor-unclear']);
  });

  test.each([
    ['05-06-2026 10:00 GMT+8,', 'value'],
    ['05-06-2026 10:00 GMT+8,4', 'value'],
    ['32-06-2026 10:00 GMT+8,100', 'time'],
    ['05-06-2026 10:00 GMT+88,100', 'time'],
    ['today,100', 'time'],
  ])('%s is refused for its %s', (row, reason) => {
    const { outcomes } = read(`Time,Sensor Reading(mg/dL)\n${row}\n06-06-2026 10:00 GMT+8,100\n`);
    expect(outcomes[0]).toMatchObject({ is: 'refused', reason });
  });

  test('any spoilt file gives outcomes or an error of ours', () => {
    for (const layout of ['app', 'numbered', 'clinic'] as const)
      Laws.survivesEdits(Sibionics.format, write(layout, molar).slice(0, 1500));
    Laws.survivesAnything(Sibionics.format);
  });
});
