// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import fc from 'fast-check';
import { gzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import { maxArchiveDepth, maxFileBytes, maxMembers, maxRows, maxUnpackedBytes } from './Limits.js';

const options = { zone: 'UTC', now: Date.UTC(2026, 10, 23) };
const utf8 = (text: string) => new TextEncoder().encode(text);
const clarity =
  'Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,Source Device ID,Glucose Value (mg/dL),Insulin Value (u),Carb Value (grams),Duration (hh:mm:ss),Glucose Rate of Change (mg/dL/min),Transmitter Time (Long Integer),Transmitter ID\n' +
  '1,2026-01-01 08:00:00,EGV,,,,p,100,,,,,7,T\n';

describe('what a file is', () => {
  test.each([
    ['an empty file', new Uint8Array()],
    ['an empty file', utf8('\uFEFF \n\n')],
    ['a gzip archive', Uint8Array.of(0x1f, 0x8b, 7, 0)],
    ['a PDF', utf8('%PDF-1.7 secret')],
    ['a picture', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ['an old Office document', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1)],
    ['a database', utf8('SQLite format 3\0')],
    ['binary data', Uint8Array.of(0x61, 0x62, 0x00, 0x63)],
    ['binary data', Uint8Array.from({ length: 4096 }, (_, i) => (i * 7) % 31 || 1)],
    ['HTML', utf8('<!doctype html><html><body>secret</body></html>')],
    ['XML (gpx)', utf8('<?xml version="1.0"?><gpx creator="secret"/>')],
    ['XML', utf8('<')],
    ['a JSON object of status, data', utf8('{"status":0,"data":{"secret":1}}')],
    ['a JSON object', utf8('{}')],
    ['a JSON object of profile, food', utf8('{"profile":[{"name":"secret"}],"food":[1]}')],
    ['a JSON array of objects with kind, level', utf8('[{"kind":"secret","level":5.5}]')],
    [
      'a table whose columns are not known here: When, Sugar (mg/dL), Trend',
      utf8('secret;2 words\nWhen,Sugar (mg/dL),Trend\n2020-01-01,98,Flat\n'),
    ],
    ['a table whose columns are not known here', utf8('secret,98,Flat\nsecret,99,Flat\n')],
    ['text without a table', utf8('Dear secret diary\n')],
  ])('%s is said in words', (saw, bytes) => {
    const run = () => Import.read(bytes, options);
    expect(run).toThrow(expect.objectContaining({ code: 'INGEST_UNRECOGNISED' }));
    expect(run).toThrow(`This is ${saw}. What can be read: `);
    expect(run).not.toThrow('secret');
  });

  test.each([
    ['UTF-8 with a mark', utf8(`\uFEFF${clarity}`)],
    ['UTF-16 with a mark', Uint8Array.from(Buffer.from(`\uFEFF${clarity}`, 'utf16le'))],
    ['Windows-1252', Uint8Array.from(Buffer.from(clarity.replace(',p,', ',é,'), 'latin1'))],
    ['line ends of an old Macintosh', utf8(clarity.replaceAll('\n', '\r'))],
    ['a spreadsheet that put its separator in front', utf8(`sep=,\n${clarity}`)],
    ['blank lines in front', utf8(`\n\n${clarity}`)],
  ])('a table in %s is recognised', (_, bytes) => {
    expect(Import.read(bytes, options)).toMatchObject({
      format: 'clarity',
      summary: { rows: 1, produced: 1, refused: [] },
    });
  });

  test('a file of another format than asked for is named', () => {
    expect(Import.read(utf8(clarity), { ...options, format: 'clarity' }).format).toBe('clarity');
    expect(() => Import.read(utf8(clarity), { ...options, format: 'libreview' })).toThrow(
      expect.objectContaining({ code: 'INGEST_FORMAT_OTHER' }),
    );
  });

  test('a unit that cannot be right is an error, never a guess', () => {
    const mmol = utf8(
      clarity.replace('Value (mg/dL)', 'Value (mmol/L)').replace('Change (mg/dL', 'Change (mmol/L'),
    );
    const implausible = expect.objectContaining({ code: 'INGEST_UNIT_IMPLAUSIBLE' });
    expect(() => Import.read(mmol, options)).toThrow(implausible);
    expect(() => Import.read(utf8(clarity.replace(',100,', ',5.6,')), options)).toThrow(implausible);
    expect(() => Import.read(utf8('[{"sgv":5.6,"date":1767319445678}]'), options)).toThrow(implausible);
    const half = utf8(clarity.replace('Value (mg/dL)', 'Value (mmol/L)'));
    expect(() => Import.read(half, options)).toThrow(expect.objectContaining({ code: 'INGEST_UNIT_MIXED' }));
  });

  test('limits stop what is too large, at the limit', () => {
    const tooLarge = expect.objectContaining({ code: 'INGEST_TOO_LARGE' });
    expect(() => Import.read(new Uint8Array(maxFileBytes + 1), options)).toThrow(tooLarge);
    expect(() => Import.read(utf8(clarity + ',\n'.repeat(maxRows)), options)).toThrow(tooLarge);
    expect(() => Import.read(utf8(`[${'0,'.repeat(maxRows)}{"sgv":100}]`), options)).toThrow(tooLarge);
  });
});

const entries = '[{"type":"sgv","sgv":120,"date":1767319445678}]';

describe('archives', () => {
  test('a gzip file is read as what it holds, also twice packed', () => {
    for (const bytes of [gzipSync(utf8(clarity)), gzipSync(gzipSync(utf8(clarity)))])
      expect(Import.read(bytes, options)).toMatchObject({
        format: 'clarity',
        summary: { rows: 1, produced: 1 },
      });
  });

  test('every file of a zip archive is read, and what is not is named', () => {
    const bytes = zipSync({
      'a/clarity.csv': utf8(clarity),
      'a/entries.json.gz': gzipSync(utf8(entries)),
      'inner.zip': zipSync({ 'again.csv': utf8(clarity) }),
      'stored.csv': [utf8(clarity.replace(',100,', ',x,')), { level: 0 }],
      'readme.txt': utf8('Dear secret diary'),
      '__MACOSX/._a': Uint8Array.of(0, 1, 2),
    });
    const { format, summary } = Import.read(bytes, options);
    expect(format).toBe('clarity + nightscout');
    expect(summary).toMatchObject({ rows: 4, produced: 2, duplicates: 1 });
    expect(summary.refused).toMatchObject([{ file: 'stored.csv', row: 2, reason: 'value' }]);
    expect(summary.notes.map((n) => n.text)).toEqual([
      'Not read, of the archive: readme.txt (text without a table).',
    ]);
  });

  test('law: no changed bit of a packed file becomes another reading', () => {
    const whole = Import.read(utf8(clarity), options).readings;
    for (const bytes of [
      zipSync({ 'a.csv': utf8(clarity) }, { level: 0 }),
      gzipSync(utf8(clarity), { level: 0 }),
    ]) {
      for (let at = 0; at < bytes.length; at += 3) {
        const spoilt = Uint8Array.from(bytes);
        spoilt[at]! ^= 1 << (at % 8);
        try {
          const { readings } = Import.read(spoilt, options);
          expect(readings).toEqual(whole);
        } catch (error) {
          if (!(error instanceof IsletError)) throw error;
        }
      }
    }
  });

  test('an archive of which nothing is known says what it holds', () => {
    const bytes = zipSync({ 'x.pdf': utf8('%PDF-1.7'), 'y.html': utf8('<html>') });
    expect(() => Import.read(bytes, options)).toThrow(
      'This is an archive of x.pdf (a PDF), y.html (HTML). What',
    );
    expect(() => Import.read(zipSync({}), options)).toThrow('This is an archive without files.');
  });

  test.each([
    ['cut', zipSync({ 'a.csv': utf8(clarity) }).slice(0, -30)],
    [
      'of a file that is not there',
      patched((view, end) => view.setUint32(view.getUint32(end + 16, true) + 42, 0xffffff, true)),
    ],
    ['with a broken list', patched((view, end) => view.setUint32(end + 16, 7, true))],
    ['locked', patched((view, end) => view.setUint16(view.getUint32(end + 16, true) + 8, 1, true))],
    [
      'packed unusually',
      patched((view, end) => view.setUint16(view.getUint32(end + 16, true) + 10, 12, true)),
    ],
    ['damaged', patched((view) => view.setUint8(45, view.getUint8(45) ^ 0xff))],
  ])('an archive %s is said to be damaged', (_, bytes) => {
    expect(() => Import.read(bytes, options)).toThrow(
      expect.objectContaining({ code: 'INGEST_BAD_ARCHIVE' }),
    );
  });

  test('what unpacks to more than the limit is stopped, whatever it says of its size', () => {
    const tooLarge = expect.objectContaining({ code: 'INGEST_TOO_LARGE' });
    const zeros = gzipSync(new Uint8Array(maxUnpackedBytes / 4 + 1), { level: 1 });
    const bomb = zipSync({ a: zeros, b: zeros, c: zeros, d: zeros }, { level: 0 });
    expect(bomb.length).toBeLessThan(maxFileBytes / 100);
    expect(() => Import.read(bomb, options)).toThrow(tooLarge);
    let nested = zipSync({ a: utf8(clarity) });
    for (let i = 0; i < maxArchiveDepth; i++) nested = zipSync({ a: nested });
    expect(() => Import.read(nested, options)).toThrow(tooLarge);
    const many = Object.fromEntries(
      Array.from({ length: maxMembers + 1 }, (_, i) => [`${i}`, new Uint8Array()]),
    );
    expect(() => Import.read(zipSync(many), options)).toThrow(tooLarge);
  });

  test('any archive spoilt anywhere gives readings or an error of ours', () => {
    const bytes = zipSync({ 'a.csv': utf8(clarity), 'b.json': utf8(entries) });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        (flips) => {
          const spoilt = Uint8Array.from(bytes);
          for (const [at, to] of flips) spoilt[at % spoilt.length] = to;
          try {
            const { rows, produced, untimed, duplicates, refused } = Import.read(spoilt, options).summary;
            expect(rows).toBe(produced + untimed + duplicates + refused.length);
          } catch (error) {
            if (!(error instanceof IsletError)) throw error;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** An archive of one file, with something in it changed. `end` is where its last record stands. */
function patched(change: (view: DataView, end: number) => void): Uint8Array {
  const bytes = zipSync({ 'a.csv': utf8(clarity.repeat(20)) });
  const view = new DataView(bytes.buffer);
  change(view, bytes.length - 22);
  return bytes;
}
