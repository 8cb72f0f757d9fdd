// Copyright the Islet authors. AGPL-3.0-or-later.
// Tried against generated files only: the layout is known from programs that read it, not from a real export.
import type { Reading } from '@islet/core/Reading';
import * as Person from '@islet/sim/Person';
import * as Wall from '@islet/sim/Wall';
import { describe, expect, test } from 'vitest';
import * as Given from './Given.js';
import * as Ipro2 from './Ipro2.js';
import * as Laws from './laws.testkit.js';
import type { Parsed } from './Outcome.js';

const zone = 'Europe/Madrid';
const life = Person.days('ipro2', { firstAt: Date.UTC(2026, 9, 19, 22), days: 5, zone }).filter(
  (r) => r.kind === 'glucose',
);

type Language = 'English' | 'French';
const names: { [language in Language]: (unit: string) => string[] } = {
  English: (unit) => [
    'Index',
    'Date',
    'Time',
    'Timestamp',
    'Excluded',
    `Sensor Glucose (${unit})`,
    'ISIG Value',
    `BG Reading (${unit})`,
  ],
  French: (unit) => [
    'Index',
    'Date',
    'Heure',
    'Horodatage',
    'Exclu',
    `Capteur de glycémie (${unit})`,
    'Valeur ISIG',
    `Glycémie (${unit})`,
  ],
};

function write(language: Language, unit: 'mg/dL' | 'mmol/L', rows?: string[]): string {
  const above = Array.from({ length: 11 }, (_, i) => (i % 4 === 3 ? '' : `Clinic ${i}\tSomeone`));
  const own = life.map((r, i) => {
    const { year, month, day, hour, minute, second } = Wall.at(r.at, zone);
    const date = `${Wall.padded(day)}-${Wall.padded(month)}-${year % 100}`;
    const time = [hour, minute, second].map((n) => Wall.padded(n)).join(':');
    const value = unit === 'mg/dL' ? Math.round(r.value) : (r.value / 18.01559).toFixed(1).replace('.', ',');
    return [i + 1, date, time, `${date} ${time}`, '', value, '21,3', ''].join('\t');
  });
  const head = names[language](unit === 'mg/dL' ? 'mg/dl' : unit).join('\t');
  return [...above, head, ...(rows ?? own), ''].join('\r\n');
}

function utf16(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 2 + 2);
  out.set([0xff, 0xfe]);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    out.set([code & 255, code >> 8], i * 2 + 2);
  }
  return out;
}

const read = (text: string): Parsed => Laws.read(Ipro2.format, Given.of(utf16(text)), zone)!;
const readingsOf = ({ outcomes }: Parsed): Reading[] =>
  outcomes.flatMap((o) => (o.is === 'readings' ? o.readings : []));
const row = (cells: string) => {
  const outcome = read(
    write('English', 'mg/dL', [cells, '2\t13-02-26\t10:05:00\t13-02-26 10:05:00\t\t100\t20\t']),
  ).outcomes[0]!;
  return outcome.is === 'readings' ? outcome.readings : outcome;
};
const at = '1\t13-02-26\t10:00:00\t13-02-26 10:00:00';

describe('an iPro2 export', () => {
  test.each([
    ['English', 'mg/dL'],
    ['French', 'mmol/L'],
  ] as const)('in %s and %s, in UTF-16, is read back to the last row', (language, unit) => {
    const parsed = read(write(language, unit));
    expect(parsed.outcomes).toHaveLength(life.length);
    expect(parsed.unit).toBe(unit);
    const got = readingsOf(parsed).map((r) => [Math.floor(r.at / 1000), r.kind === 'glucose' && r.value]);
    const value = (mgdl: number) =>
      unit === 'mg/dL' ? Math.round(mgdl) : Number((mgdl / 18.01559).toFixed(1));
    expect(got).toEqual(life.map((r) => [Math.floor(r.at / 1000), value(r.value)]));
  });

  test.each<[string, object[]]>([
    [`${at}\tTrue\t110\t22\t`, [{ kind: 'device', what: 'sensor glucose excluded', value: 110 }]],
    [
      `${at}\t\t110\t22\t104`,
      [
        { kind: 'glucose', method: 'cgm' },
        { kind: 'glucose', value: 104, method: 'meter' },
      ],
    ],
    [`${at}\t\t\t22,5\t`, [{ kind: 'device', what: 'isig', value: 22.5 }]],
  ])('%j', (cells, expected) => {
    expect(row(cells)).toMatchObject(expected);
  });

  test.each([
    [`${at}\t\t\t\t`, 'value'],
    [`${at}\t\t5\t22\t`, 'value'],
    ['1\t33-02-26\t10:00\t33-02-26 10:00\t\t110\t22\t', 'time'],
  ])('%j is refused for its %s', (cells, reason) => {
    expect(row(cells)).toMatchObject({ is: 'refused', reason });
  });

  test('is told from a pump’s export, which has sensor columns too', () => {
    const pump = 'Index,Date,Time,Timestamp,Basal Rate (U/h),Sensor Glucose (mg/dL),ISIG Value\n';
    expect(Ipro2.format.recognise(Laws.ofText(pump))).toBeUndefined();
  });

  test('any spoilt file gives outcomes or an error of ours', () => {
    Laws.survivesEdits(Ipro2.format, write('English', 'mg/dL').slice(0, 3000));
    Laws.survivesAnything(Ipro2.format);
  });
});
