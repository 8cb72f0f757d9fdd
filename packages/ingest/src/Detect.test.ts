// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import { maxFileBytes, maxRows } from './Limits.js';

const options = { zone: 'UTC', now: Date.UTC(2026, 10, 23) };
const utf8 = (text: string) => new TextEncoder().encode(text);
const clarity =
  'Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,Source Device ID,Glucose Value (mg/dL),Insulin Value (u),Carb Value (grams),Duration (hh:mm:ss),Glucose Rate of Change (mg/dL/min),Transmitter Time (Long Integer),Transmitter ID\n' +
  '1,2026-01-01 08:00:00,EGV,,,,p,100,,,,,7,T\n';

describe('what a file is', () => {
  test.each([
    ['an empty file', new Uint8Array()],
    ['an empty file', utf8('\uFEFF \n\n')],
    ['a ZIP archive or a new spreadsheet', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0)],
    ['a gzip archive', Uint8Array.of(0x1f, 0x8b, 8, 0)],
    ['a PDF', utf8('%PDF-1.7 secret')],
    ['a picture', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ['an old Office document', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1)],
    ['a database', utf8('SQLite format 3\0')],
    ['binary data', Uint8Array.of(0x61, 0x62, 0x00, 0x63)],
    ['binary data', Uint8Array.from({ length: 4096 }, (_, i) => (i * 7) % 31 || 1)],
    ['HTML', utf8('<!doctype html><html><body>secret</body></html>')],
    ['XML', utf8('<?xml version="1.0"?><HealthData locale="secret"/>')],
    ['a JSON object without entries', utf8('{"status":0,"data":{"secret":1}}')],
    ['a JSON array without entries', utf8('[{"type":"cbg","value":5.5,"secret":1}]')],
    [
      'a JSON array of Nightscout treatments, not of entries',
      utf8('[{"eventType":"Meal Bolus","insulin":4}]'),
    ],
    [
      'a table whose columns are not known here',
      utf8('Timestamp,Glucose Value (mg/dL),Trend\nsecret,98,Flat\n'),
    ],
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
