// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;
const read = (value: unknown) => Import.read(Twins.json(value), { zone, now });
const codes = ({ summary }: Import.Imported) => summary.notes.map((n) => n.code);

describe('Dexcom Share', () => {
  test.each(['old', 'new'] as const)(
    'answers of the %s shape give every value its moment and its offset',
    (style) => {
      const imported = Import.read(Twins.share(style), { zone, now });
      expect(imported).toMatchObject({
        format: 'dexcom-share',
        summary: { rows: 12, produced: 12, refused: [], notes: [] },
      });
      const got = imported.readings.map((r) => ({ at: r.at, mgdl: r.kind === 'glucose' && r.value }));
      expect(got.reverse()).toEqual(Twins.series());
      expect(imported.readings.every((r) => r.offsetMinutes === 60)).toBe(true);
    },
  );

  const at = Twins.start;

  test.each([
    [
      { WT: `Date(${at})`, Value: 39 },
      { kind: 'glucose', beyond: 'low', value: 39 },
    ],
    [
      { WT: `Date(${at})`, Value: 401 },
      { kind: 'glucose', beyond: 'high' },
    ],
    [
      { WT: `Date(${at})`, Value: '120', Trend: 'FortyFiveUp' },
      { kind: 'glucose', value: 120 },
    ],
    [
      { WT: `Date(${at})`, Value: 10 },
      { kind: 'device', what: 'sensor error', value: 10 },
    ],
    [{ ST: `/Date(${at})/`, Value: 120 }, { at }],
    [
      { DT: `Date(${at}-0500)`, Value: 120 },
      { at, offsetMinutes: -300, said: `Date(${at}-0500)` },
    ],
  ])('%j is read', (item, reading) => {
    expect(read([item]).readings[0]).toMatchObject(reading);
  });

  test('a receiver set wrongly is put right by the server, and said', () => {
    const wrong = Twins.series().map(({ at, mgdl }) => ({
      WT: `Date(${at})`,
      DT: `Date(${at + (60 * 26 + 7) * 60_000})`,
      Value: mgdl,
    }));
    const imported = read(wrong);
    expect(imported.readings.map((r) => [r.at, r.offsetMinutes])).toEqual(
      Twins.series().map(({ at }) => [at, 60]),
    );
    expect(imported.summary.notes).toMatchObject([{ code: 'clock-wrong' }]);
    expect(imported.summary.notes[0]!.text).toContain('25.1 hours fast in 12 of 12 rows');
  });

  test('rows that cannot be right are refused, each for its reason', () => {
    const good = { WT: `Date(${at})`, Value: 100 };
    const { summary } = read([
      good,
      { ...good, Value: 'n/a' },
      { Value: 100 },
      { WT: 'soon', Value: 100 },
      7,
      good,
    ]);
    expect(summary).toMatchObject({ rows: 6, produced: 1, untimed: 1, duplicates: 1 });
    expect(summary.refused.map((r) => [r.row, r.reason])).toEqual([
      [2, 'value'],
      [4, 'time'],
      [5, 'shape'],
    ]);
  });

  test('offsets other than the zone’s are believed, and said', () => {
    expect(codes(read([{ WT: `Date(${at})`, DT: `Date(${at}-0500)`, Value: 100 }]))).toEqual([
      'offset-differs',
    ]);
  });
});
