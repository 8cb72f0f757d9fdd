// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { decodeRun, encodeRun } from '@islet/core/Readings';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as LibreviewFile from '@islet/sim/LibreviewFile';
import * as NightscoutFile from '@islet/sim/NightscoutFile';
import * as Person from '@islet/sim/Person';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';

const zone = 'Europe/Madrid';
const now = Date.UTC(2026, 10, 23);
const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** Files of a few hours, so that many of them can be spoilt in many ways. */
const short = Person.days('laws', { firstAt: Date.UTC(2026, 9, 14, 10), days: 0.25, zone });
const quirks = { zone, seed: 7 };
const files: { [name: string]: Uint8Array } = {
  'Clarity G6': ClarityFile.write(short, { ...quirks, header: 'mojibake', duplicates: 2, calibrations: 2 })
    .bytes,
  'Clarity G5': ClarityFile.write(short, { ...quirks, model: 'G5', separator: '\t' }).bytes,
  'Clarity mmol/L': ClarityFile.write(short, { ...quirks, unit: 'mmol/L', separator: ';' }).bytes,
  LibreView: LibreviewFile.write(short, { ...quirks, unit: 'mmol/L' }).bytes,
  'LibreView 2018': LibreviewFile.write(short, { ...quirks, layout: 'clinic-2018' }).bytes,
  Nightscout: NightscoutFile.write(short, { ...quirks, client: 'xdrip', numbers: 'texts' }).bytes,
};

const tables = Object.entries(files).filter(([name]) => name !== 'Nightscout');

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
    imported = Import.read(bytes, { zone, now });
  } catch (error) {
    if (!(error instanceof IsletError)) throw error;
    expect(codes).toContain(error.code);
    return error;
  }
  const { readings, summary } = imported;
  // The law of rows.
  expect(summary.rows).toBe(summary.produced + summary.untimed + summary.duplicates + summary.refused.length);
  expect(readings.length).toBeGreaterThanOrEqual(summary.produced);
  expect(Object.values(summary.readings).reduce((a, b) => a + b)).toBe(readings.length);
  expect(new Set(summary.refused.map((r) => r.row)).size).toBe(summary.refused.length);
  expect(summary.firstAt).toBe(readings.length === 0 ? null : Math.min(...readings.map((r) => r.at)));
  // What was read can be sealed and opened again: nothing in it is beyond the formats inside.
  expect(decodeRun(encodeRun(readings))).toEqual(readings);
  return imported;
}

describe('laws of import', () => {
  test('any bytes give readings or an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void lawful(bytes)),
      { numRuns: 300 },
    );
  });

  test('any text gives readings or an error of ours', () => {
    const sign = fc.constantFrom(
      ',',
      ';',
      '\t',
      '"',
      '\n',
      '\r',
      '0',
      '7',
      '-',
      ':',
      ' ',
      'a',
      'é',
      '[',
      '{',
      '}',
      ']',
    );
    fc.assert(
      fc.property(fc.string({ unit: sign, maxLength: 200 }), (t) => void lawful(utf8(t))),
      { numRuns: 300 },
    );
  });

  test('any JSON gives readings or an error of ours', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (t) => void lawful(utf8(`[{"sgv":100,"date":1},${t}]`))),
      { numRuns: 300 },
    );
  });

  test('entries with wild fields keep the law', () => {
    const wild = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.double(),
      fc.integer(),
      fc.constantFrom(
        null,
        true,
        -0,
        1e308,
        '\ud800',
        '2026-01-01T00:00:00+9999',
        '-0',
        '1767319445678',
        'mmol',
      ),
      fc.constant([]),
    );
    const field = fc.constantFrom(
      ...[
        'sgv',
        'mbg',
        'type',
        'date',
        'dateString',
        'sysTime',
        'utcOffset',
        'units',
        'device',
        'app',
        '_id',
        'slope',
      ],
    );
    const entry = fc.dictionary(field, wild, { maxKeys: 5 });
    const good = fc.constantFrom({ sgv: 100, date: 1767319445678 }, { type: 'cal', date: '1767319445' });
    fc.assert(
      fc.property(fc.array(fc.tuple(good, entry), { maxLength: 5 }), (list) => {
        lawful(utf8(JSON.stringify([{ sgv: 99, date: now }, ...list.map(([a, b]) => ({ ...a, ...b }))])));
      }),
      { numRuns: 400 },
    );
  });

  describe.each(Object.entries(files))('a %s file', (name, bytes) => {
    test('is read as it is', () => {
      const imported = lawful(bytes);
      expect(imported).not.toBeInstanceOf(IsletError);
      expect((imported as Import.Imported).summary.refused).toEqual([]);
    });

    test('spoilt anywhere gives readings or an error of ours', () => {
      const piece = fc.oneof(
        fc.constantFrom(
          '"',
          ',',
          ';',
          '\t',
          '\n',
          '\r\n',
          '\0',
          '-',
          '.',
          '9',
          '99999999999',
          'Low',
          '12:',
          '""',
          '\uFEFF',
        ),
        fc.string({ unit: 'binary', maxLength: 6 }),
      );
      const edit = fc.tuple(fc.nat(), fc.nat({ max: 60 }), piece);
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
          let spoilt = text(bytes);
          for (const [where, gone, put] of edits) {
            const at = where % (spoilt.length + 1);
            spoilt = spoilt.slice(0, at) + put + spoilt.slice(at + gone);
          }
          lawful(utf8(spoilt));
        }),
        { numRuns: 150 },
      );
    });

    test('with single bytes changed gives readings or an error of ours', () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 20 }),
          (flips) => {
            const spoilt = Uint8Array.from(bytes);
            for (const [at, to] of flips) spoilt[at % spoilt.length] = to;
            lawful(spoilt);
          },
        ),
        { numRuns: 150 },
      );
    });

    test('twice in one file counts every reading once', () => {
      const [once] = [lawful(bytes) as Import.Imported];
      const all = text(bytes).replace(/([^\n\]])$/, '$1\n');
      const twice =
        name === 'Nightscout'
          ? JSON.stringify([...JSON.parse(all), ...JSON.parse(all)])
          : all + all.slice(all.indexOf('\n', all.search(/Index|Timestamp/)) + 1);
      const again = lawful(utf8(twice)) as Import.Imported;
      expect(again.readings).toEqual(once.readings);
      expect(again.summary.rows).toBe(2 * once.summary.rows);
      expect(again.summary.duplicates).toBe(once.summary.produced + 2 * once.summary.duplicates);
    });

    test('never puts its content into what is said about it', () => {
      const secret = 'Zanzibar';
      const marked = text(bytes).replace(/(\d\d?)[,.;\t]/g, (m) =>
        m.length % 2 ? `${secret}${m.at(-1)}` : m,
      );
      const spoken = [marked, marked.slice(0, -30), `${marked}"`].map((t) => {
        const outcome = lawful(utf8(t));
        return outcome instanceof IsletError
          ? `${outcome.message}${outcome.cause ?? ''}`
          : JSON.stringify([outcome.summary.refused, outcome.summary.notes]);
      });
      expect(spoken.join()).not.toContain(secret);
    });
  });

  test.each(tables)(
    'a %s file cut short anywhere keeps all whole rows and refuses at most one',
    (_, bytes) => {
      const dates = 'day-first' as const;
      const whole = Import.read(bytes, { zone, now, dates });
      const all = text(bytes);
      const above = all.slice(0, all.indexOf('\n', all.search(/Index|Timestamp/)) + 1);
      const heads = above.split('\n').length - 1;
      // Of the very first row nothing can say how long its last field should be.
      const first = all.indexOf('\n', Math.max(all.search(/EGV/), above.length)) + 1;
      fc.assert(
        fc.property(fc.integer({ min: first, max: all.length }), (end) => {
          const cut = all.slice(0, end);
          const { readings, summary } = Import.read(utf8(cut), { zone, now, dates });
          const lines = cut.split('\n').slice(heads);
          expect(summary.rows).toBe(lines.filter((line) => line.trim() !== '').length);
          expect(readings).toEqual(whole.readings.slice(0, readings.length));
          expect(summary.refused.length).toBeLessThanOrEqual(1);
          expect(summary.refused.every((r) => r.reason === 'cut' && r.row === lines.length + heads)).toBe(
            true,
          );
        }),
        { numRuns: 150 },
      );
    },
  );

  test('nasty texts of a megabyte are read or refused in linear time', () => {
    const head = text(files['Clarity G6']!).split('\n')[0]!;
    const size = 1_000_000;
    const nasty = [
      '"'.repeat(size),
      `${head}\n${'"\n'.repeat(size / 2)}`,
      `${head}\n${'"a,\n'.repeat(size / 4)}`,
      `${head}\n${'","'.repeat(20_000)}\n`.repeat(15),
      `${head}\n${`1,${'1'.repeat(60_000)},EGV\n`.repeat(16)}`,
      `${head}\n${`1,2026-01-01${' '.repeat(60_000)}x,EGV,,,,,,,,,,,\n`.repeat(16)}`,
      '['.repeat(size),
      `[${'{"sgv":'.repeat(size / 8)}`,
      `[{"sgv":100,"dateString":"${'2026-01-01 '.repeat(size / 11)}"}]`,
      `sep=;${' '.repeat(60_000)}\n`.repeat(16),
      '1-'.repeat(size / 2),
    ];
    // Quadratic work on a megabyte would take hours: the test's own time limit is the watchdog.
    for (const t of nasty) lawful(utf8(t));
  });

  test('readings in the future are kept, and said', () => {
    const file = NightscoutFile.write(short, quirks).bytes;
    const { summary } = Import.read(file, { zone, now: Date.UTC(2020, 0, 1) });
    expect(summary.notes.map((n) => n.code)).toContain('future');
    expect(summary.produced).toBe(summary.rows);
  });
});
