// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import * as fc from 'fast-check';
import { type AsyncZippable, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { crc32 } from './Crc.js';
import type { Far } from './Far.js';
import * as FarZip from './FarZip.js';
import * as Identities from './Identities.js';
import * as Import from './Import.js';
import * as Large from './Large.js';
import { maxFarRefusals } from './Limits.js';

const options = { zone: 'Europe/Madrid', now: Date.UTC(2026, 10, 23) };
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A file in memory that gives at most `most` bytes at a time. */
const far = (bytes: Uint8Array, most = Number.POSITIVE_INFINITY): Far => ({
  size: bytes.length,
  read: async (at, length) => bytes.subarray(at, at + Math.min(length, most)),
});

const time = (i: number) =>
  `${new Date(Date.UTC(2025, 0, 1) + i * 60_000).toISOString().slice(0, 19).replace('T', ' ')} +0000`;
const heart = (i: number, inner = '') =>
  ` <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" unit="count/min" startDate="${time(i)}" endDate="${time(i)}" value="${60 + (i % 90)}"${inner === '' ? '/>' : `>${inner}</Record>`}\n`;
const sleep = (i: number) =>
  ` <Record type="HKCategoryTypeIdentifierSleepAnalysis" startDate="${time(i)}" endDate="${time(i)}" value="1"/>\n`;
const named = (i: number, id: string) =>
  heart(i, `<MetadataEntry key="HKExternalUUID" value="${id}"/>`)
    .replace('HeartRate', 'StepCount')
    .replace('count/min', 'count');

const held = 256 * 1024;
const find = (far: Far) => Large.find(far, options, held);

/** A file of more than may be held, with each sort of row. */
function export_(): { text: string; rows: number } {
  const lines: string[] = [];
  let length = 0;
  for (let i = 0; length <= 6 * held; i++) {
    const line = i % 5 === 2 ? sleep(i) : i % 5 === 3 ? named(i, i < 10 ? 'twice' : `id ${i}`) : heart(i);
    lines.push(line);
    length += line.length;
  }
  const text = `<?xml version="1.0"?>\n<HealthData>\n <ExportDate value="2026-01-02 03:04:05 +0100"/>\n${lines.join('')}</HealthData>`;
  return { text, rows: lines.length + 1 };
}

async function all(large: Large.Large): Promise<{ readings: Reading[]; survey: Large.Survey; seen: number }> {
  let seen = 0;
  const survey = await Large.survey(
    large,
    () => seen++,
    () => {},
  );
  const readings: Reading[] = [];
  for await (const some of Large.readings(large, survey, () => {}))
    for (const one of some) readings.push(one);
  return { readings, survey, seen };
}

describe('a file too large to be held', () => {
  const { text, rows } = export_();
  const bytes = bytesOf(text);
  const whole = Import.read(bytes, options);

  test('gives the readings that it gives when held, and accounts for every row', async () => {
    const large = await find(far(bytes));
    const { readings, survey, seen } = await all(large!);
    expect(large!.format).toBe('apple-health');
    expect(readings).toEqual(whole.readings);
    expect(seen).toBe(readings.length);
    const { summary } = survey;
    expect(summary).toEqual({ ...whole.summary, refused: whole.summary.refused.slice(0, maxFarRefusals) });
    expect(summary.rows).toBe(rows);
    expect(summary.produced + summary.untimed + summary.refusedRows).toBe(rows);
    expect(summary.refused.length).toBe(maxFarRefusals);
    expect(summary.notes.map(({ code }) => code)).toEqual(['not-taken', 'identity-shared']);
  });

  test('shows how far it is, up to the end', async () => {
    const large = await find(far(bytes));
    const shown: number[] = [];
    await Large.survey(
      large!,
      () => {},
      (done, of) => shown.push(done / of),
    );
    expect(shown.at(-1)).toBe(1);
    expect(shown.every((share, i) => share > (shown[i - 1] ?? 0))).toBe(true);
  });

  test.each([
    ['packed', 1],
    ['stored', 0],
  ] as const)('is found in an archive, %s, beside others', async (_, level) => {
    const folder: AsyncZippable = { 'apple_health_export/export_cda.xml': bytesOf('<ClinicalDocument/>') };
    folder['apple_health_export/export.xml'] = bytes;
    const zip = zipSync(folder as Parameters<typeof zipSync>[0], { level });
    const large = await find(far(zip, 50_000));
    const { readings, survey } = await all(large!);
    expect(readings.length).toBe(whole.readings.length);
    expect(readings.at(-1)).toEqual(whole.readings.at(-1));
    expect(survey.summary.notes.find(({ code }) => code === 'file-unread')?.text).toBe(
      'Not read, of the archive: 1 other files (apple_health_export/export_cda.xml).',
    );
  });

  test('is read from an archive with 64-bit fields', async () => {
    const large = await find(far(wideZip('export.xml', bytes)));
    expect((await all(large!)).readings.length).toBe(whole.readings.length);
  });

  test('an archive with one bit changed is refused, not read as something else', async () => {
    const zip = zipSync({ 'export.xml': bytes }, { level: 0 });
    zip[bytes.length >> 1]! ^= 1;
    const large = await find(far(zip));
    await expect(all(large!)).rejects.toMatchObject({ code: 'INGEST_BAD_ARCHIVE' });
  });

  test('that becomes shorter while it is read is refused', async () => {
    const shorter = far(bytes);
    const large = await find(shorter);
    shorter.read = async (at, length) => bytes.subarray(at, Math.min(at + length, bytes.length - 10));
    await expect(all(large!)).rejects.toMatchObject({ code: 'INGEST_CUT_SHORT' });
  });

  test.each([
    ['small', bytesOf(text.slice(0, held))],
    ['of another format', bytesOf('Date;Time;UTC;Glucose\n'.padEnd(held + 1, 'x'))],
    ['an archive of small files', zipSync({ 'export.xml': bytesOf('<HealthData/>') })],
  ])('one that is %s is read whole', async (_, other) => {
    expect(await find(far(other))).toBeUndefined();
  });

  test('asked for as another format, it is left to what will say so', async () => {
    expect(await Large.find(far(bytes), { ...options, format: 'clarity' }, held)).toBeUndefined();
  });
});

test('any archive, spoilt in any way, is listed or refused in our words', async () => {
  const zip = zipSync({ 'a/b.xml': bytesOf('<HealthData/>'), c: bytesOf('c'.repeat(300)) });
  const wide = wideZip('w', bytesOf('w'.repeat(40)));
  const spoilt = fc.tuple(
    fc.constantFrom(zip, wide),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }),
    fc.nat(),
  );
  await fc.assert(
    fc.asyncProperty(spoilt, async ([from, changes, cut]) => {
      const bytes = from.slice(0, from.length - (cut % 5 === 0 ? cut % 60 : 0));
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      try {
        for (const member of await FarZip.members(far(bytes)))
          for await (const piece of FarZip.content(far(bytes), member))
            expect(piece.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toMatchObject({
          code: expect.stringMatching(/^INGEST_(BAD_ARCHIVE|CUT_SHORT|TOO_LARGE)$/),
        });
      }
    }),
    { numRuns: 500 },
  );
});

test('an identity is shared where, and only where, it stands on different readings', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 2 })), { maxLength: 4000 }), (pairs) => {
      const found = Identities.identities();
      const prints = new Map<string, Set<string>>();
      for (const [id, print] of pairs) {
        found.note(`${id}`, `${print}`);
        prints.set(`${id}`, (prints.get(`${id}`) ?? new Set()).add(`${print}`));
      }
      for (const [id, all] of prints) expect(found.isShared(id)).toBe(all.size > 1);
    }),
  );
  const many = Identities.identities();
  for (let i = 0; i < 100_000; i++) many.note(`id ${i}`, `${i}`);
  for (let i = 0; i < 100_000; i++) expect(many.isShared(`id ${i}`)).toBe(false);
});

/** An archive of one stored member whose sizes and places all stand in 64-bit fields. */
function wideZip(name: string, content: Uint8Array): Uint8Array {
  const label = bytesOf(name);
  const le = (value: number, bytes: number) =>
    Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
  const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const all = 0xffffffff;
  const sum = crc32(content);
  const sizes = join(le(content.length, 8), le(content.length, 8));
  const local = join(
    le(0x04034b50, 4),
    le(45, 2),
    le(0, 8),
    le(sum, 4),
    le(all, 4),
    le(all, 4),
    le(label.length, 2),
    le(20, 2),
    label,
    le(1, 2),
    le(16, 2),
    sizes,
  );
  const listed = join(
    le(0x02014b50, 4),
    le(45, 2),
    le(45, 2),
    le(0, 8),
    le(sum, 4),
    le(all, 4),
    le(all, 4),
    le(label.length, 2),
    le(28, 2),
    le(0, 6),
    le(0, 4),
    le(all, 4),
    label,
    le(1, 2),
    le(24, 2),
    sizes,
    le(0, 8),
  );
  const at = local.length + content.length;
  const end = join(
    le(0x06064b50, 4),
    le(44, 8),
    le(45, 2),
    le(45, 2),
    le(0, 8),
    le(1, 8),
    le(1, 8),
    le(listed.length, 8),
    le(at, 8),
  );
  const locator = join(le(0x07064b50, 4), le(0, 4), le(at + listed.length, 8), le(1, 4));
  const last = join(
    le(0x06054b50, 4),
    le(0, 4),
    le(0xffff, 2),
    le(0xffff, 2),
    le(all, 4),
    le(all, 4),
    le(0, 2),
  );
  const out = new Uint8Array(at + listed.length + end.length + locator.length + last.length);
  let offset = 0;
  for (const part of [local, content, listed, end, locator, last]) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
