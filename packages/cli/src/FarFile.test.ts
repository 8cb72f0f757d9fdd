// Copyright the Islet authors. AGPL-3.0-or-later.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcomeOf } from './installation.testkit.js';
import { compileRoom, linkPackages, root } from './rooms.testkit.js';

const soak = process.env.ISLET_SOAK !== undefined;
const bytes = soak ? 2 ** 31 : 17 * 2 ** 20;
/** Less than the file, and less than its readings would take. */
const heapMiB = 24;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-far-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@islet'), { recursive: true });
  await linkPackages(modules);
  for (const room of ['core', 'ingest', 'cli'])
    await compileRoom(join(root, 'packages', room), join(modules, '@islet', room));
  await writeFile(join(folder, 'write.mjs'), writer);
  await writeFile(join(folder, 'read.mjs'), reader);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (args: string[]) =>
  outcomeOf(spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }));

const writer = `
import { open } from 'node:fs/promises';
import { Zip, ZipDeflate } from 'fflate';
const [bytes] = process.argv.slice(2).map(Number);
const [plain, packed] = [await open('export.xml', 'w'), await open('export.zip', 'w')];
let parts = [];
const zip = new Zip((error, part) => { if (error) throw error; parts.push(part); });
const member = new ZipDeflate('apple_health_export/export.xml', { level: 1 });
zip.add(member);
let [done, i] = [0, 0];
const put = async (text, last = false) => {
  const piece = new TextEncoder().encode(text);
  done += piece.length;
  await plain.write(piece);
  member.push(piece, last);
  if (last) zip.end();
  for (const part of parts) await packed.write(part);
  parts = [];
};
await put('<?xml version="1.0" encoding="UTF-8"?>\\n<HealthData locale="en_GB">\\n');
while (done < bytes) {
  let text = '';
  for (let n = 0; n < 500; n++, i++) {
    const at = new Date(Date.UTC(2010, 0, 1) + i * 30_000).toISOString().slice(0, 19).replace('T', ' ') + ' +0000';
    text += ' <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" sourceVersion="9.1" device="&lt;&lt;HKDevice: 0x1&gt;, name:Watch, manufacturer:Some, model:Watch, hardware:Watch4,4, software:9.1&gt;" unit="count/min" creationDate="' + at + '" startDate="' + at + '" endDate="' + at + '" value="' + (60 + i % 90) + '"><MetadataEntry key="HKExternalUUID" value="id ' + i + '"/></Record>\\n';
  }
  await put(text);
}
await put('</HealthData>\\n', true);
console.log(i);
`;

const reader = `
import * as FarFile from '@islet/cli/FarFile';
import * as Large from '@islet/ingest/Large';
const far = await FarFile.far(process.argv[2]);
const large = await Large.find(far, { zone: 'Europe/Madrid', now: Date.UTC(2026, 10, 23) });
const survey = await Large.survey(large, () => {}, () => {});
let readings = 0;
for await (const some of Large.readings(large, survey, () => {})) readings += some.length;
await far[Symbol.asyncDispose]();
console.log(JSON.stringify({ rows: survey.summary.rows, readings }));
`;

test('a file far larger than the memory is read to its end, plain and packed', async () => {
  const written = await run(['write.mjs', String(bytes)]);
  expect(written.err).toBe('');
  const rows = Number(written.out);
  expect((await stat(join(folder, 'export.xml'))).size).toBeGreaterThan(bytes);
  for (const file of ['export.xml', 'export.zip']) {
    const read = await run([`--max-old-space-size=${heapMiB}`, 'read.mjs', file]);
    expect(read.err).toBe('');
    expect(JSON.parse(read.out)).toEqual({ rows, readings: rows });
  }
}, 3_600_000);
