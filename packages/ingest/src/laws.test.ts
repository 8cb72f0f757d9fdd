// Copyright the Islet authors. AGPL-3.0-or-later.
// What must hold of every format, whatever is done to its files.
import { IsletError } from '@islet/core/IsletError';
import { decodeRun, encodeRun } from '@islet/core/Readings';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Twins from './twins.testkit.js';
import { watched } from './watchdog.testkit.js';

const codes = [
  'INGEST_TOO_LARGE',
  'INGEST_UNRECOGNISED',
  'INGEST_BAD_ARCHIVE',
  'INGEST_BAD_JSON',
  'INGEST_UNIT_MIXED',
  'INGEST_UNIT_IMPLAUSIBLE',
];

/** Reads, and checks everything that must hold of any outcome of any bytes. */
function lawful(bytes: Uint8Array): Import.Imported | IsletError {
  let imported: Import.Imported;
  try {
    imported = watched(() => Import.read(bytes, { zone: Twins.zone, now: Twins.now }));
  } catch (error) {
    if (!(error instanceof IsletError)) throw error;
    expect(codes).toContain(error.code);
    return error;
  }
  const { readings, summary } = imported;
  expect(summary.rows).toBe(summary.produced + summary.untimed + summary.duplicates + summary.refusedRows);
  expect(summary.refusedRows).toBe(summary.refused.length);
  expect(readings.length).toBeGreaterThanOrEqual(summary.produced);
  expect(new Set(summary.refused.map((r) => `${r.file} ${r.row}`)).size).toBe(summary.refused.length);
  for (const r of readings) {
    expect(Number.isSafeInteger(r.at) && Number.isInteger(r.offsetMinutes)).toBe(true);
    // The gateway takes no number beyond this, nor one below zero but a device's.
    for (const [name, n] of Object.entries(r))
      if (typeof n === 'number' && name !== 'at' && name !== 'offsetMinutes')
        expect(Math.abs(n) <= 1e9 && (n >= 0 || r.kind === 'device')).toBe(true);
  }
  // What was read can be sealed and opened again: nothing in it is beyond the formats inside.
  expect(decodeRun(encodeRun(readings))).toEqual(readings);
  return imported;
}

const text = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const texts = Object.entries(Twins.all).filter(([name]) => name !== 'Glooko zip');

describe.each(Object.entries(Twins.all))('a %s file', (_, bytes) => {
  test('is read as it is', () => {
    const imported = lawful(bytes);
    expect(imported).not.toBeInstanceOf(IsletError);
    expect((imported as Import.Imported).summary.produced).toBeGreaterThan(0);
  });

  test('with single bytes changed gives readings or an error of ours', () => {
    const flip = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 12 }), (flips) => {
        const spoilt = Uint8Array.from(bytes);
        for (const [at, to] of flips) spoilt[at % spoilt.length] = to;
        lawful(spoilt);
      }),
      { numRuns: 60 },
    );
  });

  test('cut anywhere gives readings or an error of ours', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length }), fc.nat({ max: 40 }), (end, hole) => {
        lawful(bytes.slice(0, end));
        lawful(Uint8Array.from([...bytes.slice(0, end), ...bytes.slice(end + hole)]));
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(texts)('a %s file', (name, bytes) => {
  test('with pieces put in, taken out and exchanged gives readings or an error of ours', () => {
    const pieces = [
      '"',
      ',',
      ';',
      '\t',
      '\n',
      '\0',
      '-',
      '.',
      '9',
      '99999999999',
      'Low',
      '12:',
      '""',
      '\uFEFF',
      'null',
      '{}',
      '[]',
      '-0',
      '1e308',
      '"\\ud800"',
    ];
    const edit = fc.tuple(
      fc.nat(),
      fc.nat({ max: 60 }),
      fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 6 })),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        let spoilt = text(bytes);
        for (const [where, gone, put] of edits) {
          const at = where % (spoilt.length + 1);
          spoilt = spoilt.slice(0, at) + put + spoilt.slice(at + gone);
        }
        lawful(Twins.utf8(spoilt));
      }),
      { numRuns: 100 },
    );
  });

  test('never puts its values into what is said about it', () => {
    const secret = 'Zanzibar';
    const marked = text(bytes).replace(/(\d\d?)(?=[,;\t"}])/g, (m) => (m.length % 2 ? secret : m));
    for (const t of [marked, marked.slice(0, -30), `${marked}"`]) {
      const outcome = lawful(Twins.utf8(t));
      const said =
        outcome instanceof IsletError
          ? `${outcome.message}${outcome.cause ?? ''}`
          : JSON.stringify([outcome.summary.refused, outcome.summary.notes]);
      expect(said).not.toContain(secret);
      expect(said).not.toMatch(/\b(Ann|TOKEN)\b/);
    }
  });

  if (!/[[{]/.test(text(bytes)[0]!)) {
    test('with a column deleted, or lines exchanged, keeps every row in the count', () => {
      const lines = text(bytes).split(/\r?\n/);
      const separator = name.endsWith('EU') ? ';' : ',';
      fc.assert(
        fc.property(fc.nat({ max: 34 }), fc.nat(), fc.nat(), (column, a, b) => {
          const less = lines.map((line) =>
            line
              .split(separator)
              .filter((_, i) => i !== column)
              .join(separator),
          );
          lawful(Twins.utf8(less.join('\n')));
          const swapped = [...lines];
          const [i, j] = [a % lines.length, b % lines.length];
          [swapped[i], swapped[j]] = [swapped[j]!, swapped[i]!];
          lawful(Twins.utf8(swapped.join('\n')));
        }),
        { numRuns: 60 },
      );
    });
  }
});

describe('JSON of any shape', () => {
  const key = fc.constantFrom(
    'sgs',
    'markers',
    'medicalDeviceFamily',
    'data',
    'graphData',
    'glucoseMeasurement',
    'Timestamp',
    'FactoryTimestamp',
    'ValueInMgPerDl',
    'timestamp',
    'sg',
    'recordType',
    'records',
    'egvs',
    'events',
    'systemTime',
    'displayTime',
    'value',
    'WT',
    'ST',
    'DT',
    'Value',
    'eventType',
    'created_at',
    'insulin',
    'carbs',
    'duration',
    'rate',
    'absolute',
    '_type',
    'store',
    'defaultProfile',
    'startDate',
    'type',
    'date',
    'sgv',
    'mills',
    'mgdl',
    'notes',
    'glucose',
    'units',
    '_id',
    'isValid',
    'data',
  );
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      '2026-03-02T08:00:00Z',
      '2026-03-02T08:00:00',
      '3/2/2026 8:00:00 AM',
      'Date(1772434800000+0100)',
      1772434800000,
      100,
      '100',
      'Temp Basal',
      'Suspend Pump',
      'Bolus',
      'TempBasal',
      'egv',
      'INSULIN',
      'SG_BELOW_40_MGDL',
      null,
      true,
      -0,
      1e308,
      '\ud800',
      '',
    ),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.double(),
  );
  const tree = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 8 }),
    ),
  })).value;

  test('gives readings or an error of ours', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(key, tree, { maxKeys: 9 }), { maxLength: 5 }),
        (value) => void lawful(Twins.json(value)),
      ),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 9 }), (value) => void lawful(Twins.json(value))),
      { numRuns: 500 },
    );
  });

  test('within any of the files gives readings or an error of ours', () => {
    const bodies = texts.filter(([, b]) => /[[{]/.test(text(b)[0]!)).map(([, b]) => text(b));
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.nat(), tree, (body, where, value) => {
        const places = [...body.matchAll(/:("[^"]*"|-?\d[\d.e+]*)/g)];
        const place = places[where % places.length]!;
        const json = JSON.stringify(value) ?? 'null';
        lawful(Twins.utf8(body.slice(0, place.index + 1) + json + body.slice(place.index + place[0].length)));
      }),
      { numRuns: 600 },
    );
  });

  test('nested deep is read or refused, never a fall', () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    for (const levels of [30, 100, 10_000, 200_000]) {
      lawful(Twins.utf8(deep(levels)));
      const imported = lawful(
        Twins.utf8(
          `[{"eventType":"Note","created_at":"2026-03-02T08:00:00Z","x":${deep(levels)}},{"eventType":"Odd","created_at":"2026-03-02T08:00:00Z","x":${deep(levels)}}]`,
        ),
      );
      expect(imported).toMatchObject({ summary: { rows: 2 } });
    }
  });
});

test('work grows with the size of a file, not with its square', () => {
  // Quadratic work over files of a megabyte would take hours: the watchdog of each reading stops them.
  const many = 12_000;
  const at = (i: number) => new Date(Twins.start + i * 1000).toISOString();
  const list = (make: (i: number) => unknown, count = many) =>
    Twins.json(Array.from({ length: count }, (_, i) => make(i)));
  lawful(list((i) => ({ eventType: 'Temp Basal', created_at: at(i), duration: 30, rate: 1, _id: i })));
  lawful(list((i) => ({ eventType: 'Temp Basal', created_at: at(0), duration: 30, rate: i % 3, _id: i })));
  lawful(list((i) => ({ WT: `Date(${Twins.start + i * 1000})`, Value: 100 })));
  lawful(
    Twins.json({
      recordType: 'egv',
      records: Array.from({ length: many }, (_, i) => ({
        systemTime: at(i),
        displayTime: at(i),
        transmitterId: `t${i}`,
        transmitterTicks: i,
        value: 100,
      })),
    }),
  );
  const us = text(Twins.carelinkCsv('US'));
  const names = us.split('\r\n')[4]!;
  const rate = (i: number) =>
    `${i},2026/03/02,${at(i).slice(11, 19)}${','.repeat(4)}${i % 9}${','.repeat(27)}`;
  lawful(Twins.utf8(`${names}\n${Array.from({ length: many }, (_, i) => rate(i)).join('\n')}\n`));
  lawful(Twins.utf8(`${names}\n${Array.from({ length: many }, () => rate(1)).join('\n')}\n`));
  lawful(
    Twins.utf8(
      `${names}\n${Array.from({ length: many / 2 }, (_, i) => `-------,Pump ${i}\n${rate(i)}`).join('\n')}\n`,
    ),
  );
});
