// Copyright the Islet authors. AGPL-3.0-or-later.
// That the files say what was written is checked by reading them, in the tests of ingest.
import { expect, test } from 'vitest';
import * as ClarityFile from './ClarityFile.js';
import * as LibreviewFile from './LibreviewFile.js';
import * as NightscoutFile from './NightscoutFile.js';
import * as Person from './Person.js';

const zone = 'Europe/Madrid';
const life = Person.days('files', { firstAt: Date.UTC(2026, 9, 24, 22), days: 1, zone });
const text = (file: { bytes: Uint8Array }) =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.bytes);

test('the same readings and seed give the same bytes', () => {
  const quirks = { zone, seed: 1, duplicates: 3, calibrations: 3 };
  expect(ClarityFile.write(life, quirks).bytes).toEqual(ClarityFile.write(life, quirks).bytes);
  expect(LibreviewFile.write(life, quirks).bytes).toEqual(LibreviewFile.write(life, quirks).bytes);
  const iaps = { zone, seed: 1, client: 'iaps' } as const;
  expect(NightscoutFile.write(life, iaps).bytes).toEqual(NightscoutFile.write(life, iaps).bytes);
});

test('a Clarity file has the quirks of the real ones', () => {
  const g6 = text(ClarityFile.write(life, { zone, header: 'mojibake' }));
  expect(g6.startsWith('\uFEFF"ï»¿""""Index""""",Timestamp (YYYY-MM-DDThh:mm:ss),Event Type')).toBe(true);
  expect(g6).toMatch(/^\d+,2026-10-25 02:\d\d:\d\d,EGV,.*,SIM0001$/m);
  const g5 = text(ClarityFile.write(life, { zone, model: 'G5', separator: '\t' }));
  expect(g5).toMatch(/^\d+\t2026-10-25T02:\d\d:\d\d\tEGV\t/m);
  expect(g5).toContain('\r\n');
  expect(g5.endsWith('\n')).toBe(false);
  const european = text(ClarityFile.write(life, { zone, unit: 'mmol/L', separator: ';' }));
  expect(european).toMatch(/;EGV;;;;android G6;\d+,\d;/);
});

test('the night the clocks go back, the same times stand twice in every file', () => {
  const twice = (times: string[]) => times.length - new Set(times).size;
  const clarity = text(ClarityFile.write(life, { zone }));
  expect(twice(clarity.match(/2026-10-25 02:\d\d/g)!)).toBeGreaterThan(5);
  const libre = text(LibreviewFile.write(life, { zone }));
  expect(twice(libre.match(/25-10-2026 02:\d\d,0,/g)!)).toBeGreaterThan(1);
});

test('a Nightscout file writes times as its client does', () => {
  expect(text(NightscoutFile.write(life, { zone }))).toMatch(
    /"dateString":"2026-10-25T\d\d:\d\d:\d\d\.\d{3}\+0200"/,
  );
  expect(text(NightscoutFile.write(life, { zone, client: 'loop' }))).toMatch(/"date":\d{13}\.\d+/);
  expect(text(NightscoutFile.write(life, { zone, client: 'iaps' }))).toMatch(/"_id":"[0-9A-F]{8}-/);
});
