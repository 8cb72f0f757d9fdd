// Copyright the Islet authors. AGPL-3.0-or-later.
// Tried against generated files only: the layout is known from the programs that write it, not from a real export.
import type { Reading } from '@islet/core/Reading';
import * as Person from '@islet/sim/Person';
import * as Wall from '@islet/sim/Wall';
import { describe, expect, test } from 'vitest';
import * as Laws from './laws.testkit.js';
import type { Parsed } from './Outcome.js';
import * as SiDiary from './SiDiary.js';

const zone = 'Europe/Madrid';
const life = Person.days('sidiary', { firstAt: Date.UTC(2026, 9, 23, 22), days: 4, zone });
const head = 'DAY;TIME;UDT_CGMS;BG_LEVEL;CH_GR;BOLUS;REMARK';

const read = (text: string): Parsed => Laws.read(SiDiary.format, Laws.ofText(text), zone)!;
const readingsOf = ({ outcomes }: Parsed): Reading[] =>
  outcomes.flatMap((o) => (o.is === 'readings' ? o.readings : []));
const row = (cells: string) => {
  const outcome = read(`${head}\n${cells}\n`).outcomes[0]!;
  return outcome.is === 'readings' ? outcome.readings : outcome;
};

/** As xDrip+ writes it: sensor values, then treatments, each in order of time. Spike writes two separators more. */
function write(program: 'xdrip' | 'spike'): string {
  const when = (at: number) => {
    const { year, month, day, hour, minute } = Wall.at(at, zone);
    return `${Wall.padded(day)}.${Wall.padded(month)}.${year};${Wall.padded(hour)}:${Wall.padded(minute)};`;
  };
  const tail = program === 'spike' ? ';;;;;;' : ';;;;';
  const sensor = life.flatMap((r) =>
    r.kind === 'glucose' ? [`${when(r.at)}${Math.round(r.value)}${tail}`] : [],
  );
  const treatments = life.flatMap((r) => {
    if (r.kind === 'carbs') return [`${when(r.at)};;${r.grams};;`];
    return r.kind === 'insulin' ? [`${when(r.at)};;;${r.units};`] : [];
  });
  return [head, ...sensor, ...treatments, ''].join('\n');
}

describe('a SiDiary table', () => {
  test.each(['xdrip', 'spike'] as const)(
    'of %s is read back to the last row, through the hour that repeats',
    (program) => {
      const text = write(program);
      const parsed = read(text);
      expect(parsed.outcomes).toHaveLength(text.trimEnd().split('\n').length - 1);
      expect(parsed.outcomes.every((o) => o.is === 'readings')).toBe(true);
      const minute = (at: number) => Math.floor(at / 60_000);
      const summary = (list: Reading[], kind: string) =>
        list
          .filter((r) => r.kind === kind)
          .map((r) => [
            minute(r.at),
            r.kind === 'glucose'
              ? Math.round(r.value)
              : r.kind === 'carbs'
                ? r.grams
                : r.kind === 'insulin'
                  ? r.units
                  : 0,
          ]);
      for (const kind of ['glucose', 'carbs', 'insulin'])
        expect(summary(readingsOf(parsed), kind)).toEqual(summary(life, kind));
      expect(parsed.unit).toBe('mg/dL');
      expect(parsed.remarks.map((r) => r.code)).toEqual(['hour-repeated']);
    },
  );

  test.each<[string, object[]]>([
    [
      '14.05.2026;19:20;115;;;;',
      [
        {
          kind: 'glucose',
          value: 115,
          method: 'cgm',
          at: Date.UTC(2026, 4, 14, 17, 20),
          said: '14.05.2026 19:20',
        },
      ],
    ],
    [
      '04.05.2026;19:20;;98;;;',
      [{ kind: 'glucose', value: 98, method: 'meter', at: Date.UTC(2026, 4, 4, 17, 20) }],
    ],
    [
      '14.05.2026;19:20;;;45;3,5;',
      [
        { kind: 'carbs', grams: 45 },
        { kind: 'insulin', units: 3.5, type: 'bolus' },
      ],
    ],
    ['14.05.2026;19:20;;;;;pizza||and wine', [{ kind: 'note', text: 'pizza\nand wine' }]],
    [
      '14.05.2026;19:20;;;;2;ate; then "ran"',
      [
        { kind: 'insulin', units: 2 },
        { kind: 'note', text: 'ate; then "ran"' },
      ],
    ],
  ])('%s', (cells, expected) => {
    expect(row(cells)).toMatchObject(expected);
  });

  test.each([
    ['14.05.2026;19:20;;;;;', 'value'],
    ['14.05.2026;19:20;12;;;;', 'value'],
    ['14.05.2026;19:20;;;-4;;', 'value'],
    ['14.05.2026;19:20;;;;many;', 'value'],
    ['14.05.2026;;115;;;;', 'time'],
    ['05.14.2026;19:20;115;;;;', 'time'],
    ['14.05.2026;19:20;115', 'fields'],
  ])('%s is refused for its %s', (cells, reason) => {
    expect(
      read(`${head}\n${cells}\n15.05.2026;19:20;115;;;;\n16.05.2026;19:20;115;;;;\n`).outcomes[0],
    ).toMatchObject({ is: 'refused', reason });
  });

  test('any spoilt file gives outcomes or an error of ours', () => {
    Laws.survivesEdits(SiDiary.format, write('xdrip').slice(0, 3000));
    Laws.survivesAnything(SiDiary.format);
  });
});
