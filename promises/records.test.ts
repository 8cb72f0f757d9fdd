// Copyright the Islet authors. AGPL-3.0-or-later.
// What a person takes away with them: who saw what, and all their readings, in formats of others, checkable for ever.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as Day from '@islet/core/Day';
import type { Glucose } from '@islet/core/Reading';
import * as AccessFile from '@islet/fhir/AccessFile';
import * as Import from '@islet/ingest/Import';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Islet, start } from './islet.testkit.js';

const zone = 'Etc/GMT-2';
const dayMs = 86_400_000;
// Days that the gateway holds keys for already.
const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 5 * dayMs - 2 * 3_600_000;
const life = Person.days('records', { firstAt, days: 3, zone });
const [from, to] = [0, 2].map((n) => Day.format(Day.of(firstAt, 120) + n)) as [string, string];

let islet: Islet;
const path = (name: string): string => join(islet.folder, name);

beforeAll(async () => {
  islet = await start();
  const file = path('export.csv');
  await writeFile(file, ClarityFile.write(life, { zone } as ClarityFile.Quirks).bytes);
  expect((await islet.run('import', file, '--zone', zone)).code).toBe(0);
  await report('clinic');
  const grant = ['grant', '--reader', 'clinic', '--streams', 'glucose/day', '--from', from, '--to', to];
  expect((await islet.run(...grant, '--until', '2200-01-01', '--purpose', 'research')).code).toBe(0);
  await report('clinic');
  const { apiSecret } = (await islet.run('pair', '--read', '--name', 'watch')).json;
  const headers = { 'api-secret': createHash('sha1').update(apiSecret).digest('hex') };
  expect((await fetch(`${islet.ready.gateway}/api/v1/entries.json?count=3`, { headers })).status).toBe(200);
});
afterAll(() => islet?.[Symbol.asyncDispose]());

const report = (as: string) => islet.run('report', '--as', as, '--from', from, '--to', to);

/** Writes a file with one place of it changed, and what is said of it then. */
async function altered(name: string, change: (text: string) => string, ...check: string[]) {
  const text = await readFile(path(name), 'utf8');
  const other = change(text);
  expect(other).not.toBe(text);
  await writeFile(path(name), other);
  const { code, json } = await islet.run(...check);
  await writeFile(path(name), text);
  expect(code).not.toBe(0);
  return json.error as { code: string; message: string };
}

const lineOf = (text: string, part: string): number =>
  text.split('\n').findIndex((l) => l.includes(part)) + 1;

describe('who saw what', () => {
  test('is told in full, and by what one asks for', async () => {
    const { json } = await islet.run('access');
    expect(json.accesses.map((a: any) => [a.reader, a.code, a.purpose, a.streams])).toEqual([
      ['clinic', 'DENIED_UNKNOWN_GRANT', null, null],
      ['clinic', 'GRANTED', 'research', ['glucose/day']],
    ]);
    expect(json.accesses[1].releases.length).toBeGreaterThanOrEqual(2);
    expect(json.looks).toHaveLength(1);
    const refused = (await islet.run('access', '--refused', '--reader', 'clinic')).json;
    expect(refused.accesses.map((a: any) => a.number)).toEqual([1]);
    expect(refused.looks).toEqual([]);
    expect((await islet.run('access', '--to', '2020-01-01')).json.accesses).toEqual([]);
    expect((await islet.run('access', '--reader', 'nobody-here')).json.error.code).toBe('CLI_UNKNOWN_READER');
  });

  test.each(AccessFile.formats)('as %s holds, and altered names the line', async (format) => {
    const name = `access.${format}`;
    const { code, json } = await islet.run('access', '--format', format, '--out', path(name));
    expect(code, JSON.stringify(json)).toBe(0);
    expect(json.lines).toBe(3);
    const onChain = await islet.run('verify', path(name), '--chain', islet.ready.chain);
    expect(onChain.json.verified, JSON.stringify(onChain.json)).toMatchObject({
      requests: 2,
      looks: 1,
      format,
    });
    expect(onChain.json.verified.chainHead).toBeGreaterThan(0);
    expect(onChain.json.verified.notes).toBeGreaterThanOrEqual(2);
    const text = await readFile(path(name), 'utf8');
    const error = await altered(
      name,
      (t) => t.replace('research', 'payment').replace('HRESCH', 'HPAYMT'),
      'verify',
      path(name),
    );
    expect(error.code).toBe('ACCESS_TAMPERED');
    expect(error.message).toContain(
      `line ${lineOf(text, format === 'fhir' ? 'HRESCH' : 'research')} of the file`,
    );
  });

  test('written anew from an altered record is found out by the chain, and by the gateway’s signature', async () => {
    const name = 'access.csv';
    const forge = (change: (lines: any[]) => void) => (text: string) => {
      const { record } = AccessFile.read(text);
      change(record.lines);
      return AccessFile.write('csv', record);
    };
    const denied = forge((lines) => {
      lines.find((l) => l.decision?.number === 1).decision.reason = 0;
    });
    expect((await altered(name, denied, 'access', '--verify', path(name))).message).toContain(
      'request 1: the chain decided otherwise',
    );
    const gone = forge((lines) =>
      lines.splice(
        lines.findIndex((l) => l.decision?.number === 2),
        1,
      ),
    );
    expect((await altered(name, gone, 'access', '--verify', path(name))).message).toContain(
      'request 2: it is left out',
    );
    const fewer = forge((lines) => {
      lines.find((l) => l.look).look.count = 999;
    });
    expect((await altered(name, fewer, 'verify', path(name))).message).toContain(
      'its gateway did not sign this',
    );
    expect((await islet.run('access', '--verify', path(name))).json.verified.requests).toBe(2);
  });
});

describe('all readings', () => {
  test.each(['csv', 'fhir'])('as %s hold, and one altered digit names the line', async (format) => {
    const name = `all.${format}`;
    const { code, json } = await islet.run('export', path(name), '--format', format);
    expect(code, JSON.stringify(json)).toBe(0);
    expect(json).toMatchObject({ readings: life.length, leftOut: {} });
    expect(json.verified.receipts).toBeGreaterThan(0);
    const onChain = await islet.run('verify', path(name), '--chain', islet.ready.chain);
    expect(onChain.json.verified, JSON.stringify(onChain.json)).toMatchObject({ readings: life.length });
    expect(onChain.json.verified.chainHead).toBeGreaterThan(0);
    const digit = (text: string): string => {
      const lines = text.split('\n');
      lines[299] = lines[299]!.replace(/[0-4](?=[,}])/, (d) => String(Number(d) + 5));
      return lines.join('\n');
    };
    const error = await altered(name, digit, 'verify', path(name));
    expect(error.code).toBe('EXPORT_TAMPERED');
    expect(error.message).toContain('line 300');
    const cut = await altered(
      name,
      (t) => t.slice(0, t.lastIndexOf('\n', t.length - 2) + 1),
      'verify',
      path(name),
    );
    expect(cut.code).toBe('EXPORT_TAMPERED');
  });

  test('as Nightscout’s collections hold, and its entries are read back as the same readings', async () => {
    const { code, json } = await islet.run('export', path('nightscout'), '--format', 'nightscout');
    expect(code, JSON.stringify(json)).toBe(0);
    expect((await islet.run('verify', path('nightscout'))).json.verified.readings).toBe(life.length);
    const bytes = new Uint8Array(await readFile(path('nightscout/entries.json')));
    const back = Import.read(bytes, { zone: 'UTC', now: Date.now() }).readings as Glucose[];
    const glucose = life.filter((r) => r.kind === 'glucose');
    expect(back.map((r) => [Math.floor(r.at / 1000), r.value, r.offsetMinutes])).toEqual(
      glucose.map((r) => [
        Math.floor(r.at / 1000),
        r.beyond ? { low: 39, high: 401 }[r.beyond] : r.value,
        r.offsetMinutes,
      ]),
    );
    const treatments = JSON.parse(await readFile(path('nightscout/treatments.json'), 'utf8'));
    const units = treatments.reduce((sum: number, t: any) => sum + (t.insulin ?? 0), 0);
    expect(units).toBeCloseTo(
      life.reduce((sum, r) => sum + (r.kind === 'insulin' && r.type === 'rapid' ? r.units : 0), 0),
      6,
    );
    const error = await altered(
      'nightscout/treatments.json',
      (t) => t.replace('"insulin":', '"insulin":1'),
      'verify',
      path('nightscout'),
    );
    expect(error.message).toMatch(/line \d+ of treatments\.json/);
  });
});

test('an app whose key was ended reads nothing any more', async () => {
  const { apiSecret } = (await islet.run('pair', '--read', '--name', 'old watch')).json;
  const headers = { 'api-secret': createHash('sha1').update(apiSecret).digest('hex') };
  const read = () => fetch(`${islet.ready.gateway}/api/v1/entries.json?count=3`, { headers });
  expect((await read()).status).toBe(200);
  const { paired } = (await islet.run('unpair')).json;
  expect(paired.map((one: { name: string }) => one.name)).toContain('old watch');
  expect((await islet.run('unpair', 'old watch')).code).toBe(0);
  expect((await read()).status).toBe(401);
  expect((await islet.run('unpair', 'old watch')).json.error.code).toBe('CLI_NO_SUCH_APP');
});
