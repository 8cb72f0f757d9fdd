// Copyright the Islet authors. AGPL-3.0-or-later.
// Everything that should not come in, at every door: refused clearly, nothing hangs, nothing is told, nothing is lost.
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as Import from '@islet/ingest/Import';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as NightscoutFile from '@islet/sim/NightscoutFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from './command.testkit.js';
import { type Islet, start } from './islet.testkit.js';
import * as Wire from './wire.testkit.js';

/** Stands in files that are refused; no message may repeat it. */
const marker = 'MARKED-7f3a';
const MiB = 1 << 20;
const zone = 'UTC';
const firstAt = Date.UTC(2024, 4, 6);
const person = Person.days('bad-input', { firstAt, days: 1, zone });
const whole = ClarityFile.write(person, { zone, header: 'mojibake' });
const entries = NightscoutFile.write(person.slice(0, 60), { zone, client: 'iaps' });

let islet: Islet;
let folder: string;
let secret: string;
let services: { [name in 'gateway' | 'hub' | 'custodian' | 'chain']: { url: string; pid: number } };
let stalls: Promise<void>[];
let alive = 0;

const file = async (name: string, bytes: Uint8Array | string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

beforeAll(async () => {
  islet = await start();
  folder = join(islet.folder, 'files');
  await mkdir(folder);
  secret = (await islet.run('pair')).json.apiSecret;
  const told = JSON.parse(await readFile(join(islet.folder, 'services.json'), 'utf8'));
  services = { gateway: told.gateway, hub: told.hub, custodian: told.custodians[0], chain: told.ledger };
  await stillWell();
  // Begun here, waited for at the end: everything between happens beside them.
  stalls = await hang();
});
afterAll(() => islet?.[Symbol.asyncDispose]());

/** All services answer, and the next reading of a phone is taken. */
async function stillWell(): Promise<void> {
  for (const [name, { url }] of Object.entries(services))
    expect((await fetch(`${url}/health`)).status, name).toBe(200);
  const date = Date.now() - 6 * 3_600_000 + alive * 60_000;
  const answer = await post(JSON.stringify([{ type: 'sgv', sgv: 100, date }]));
  expect(answer.status).toBe(200);
  alive++;
}

const post = (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${services.gateway.url}/api/v1/entries`, {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'content-type': 'application/json', 'api-secret': secret, ...headers },
  });

/** No stack, no path of the program, nothing of what was sent. */
function clear(text: string): void {
  expect(text).not.toMatch(/\n\s+at |node:internal|node_modules|\.(ts|js):\d+/);
  expect(text).not.toContain(marker);
}

describe('a file', () => {
  test('cut anywhere gives nothing that is not in the whole, and accounts for its rows', () => {
    const options = { zone, now: Date.now() };
    const key = (r: object) => JSON.stringify(r);
    for (const { bytes } of [whole, entries]) {
      const all = new Set(Import.read(bytes, options).readings.map(key));
      const cuts = new Set<number>();
      for (let at = 0; at < bytes.length; at += 211) cuts.add(at);
      for (let at = bytes.length - 200; at < bytes.length; at++) cuts.add(at);
      let read = 0;
      for (const at of cuts) {
        let imported: Import.Imported;
        try {
          imported = Import.read(bytes.subarray(0, at), options);
        } catch (error) {
          expect((error as { code?: string }).code, `cut at ${at}`).toMatch(/^INGEST_/);
          continue;
        }
        const { rows, produced, untimed, duplicates, refused } = imported.summary;
        expect(rows, `cut at ${at}`).toBe(produced + untimed + duplicates + refused.length);
        expect(
          imported.readings.filter((r) => !all.has(key(r))),
          `cut at ${at}`,
        ).toEqual([]);
        read += imported.readings.length;
      }
      // Of the table something is read; of JSON that is cut, nothing.
      if (bytes === whole.bytes) expect(read).toBeGreaterThan(1000);
    }
  });

  test('cut and imported again and again adds up to the whole, once', async () => {
    let accepted = 0;
    const { length } = whole.bytes;
    for (const at of [3, 150, 900, Math.floor(length / 2), length - 5, length]) {
      const path = await file(`cut-${at}.csv`, whole.bytes.subarray(0, at));
      const { code, json, text } = await islet.run('import', path, '--zone', zone);
      clear(text);
      if (code !== 0) expect(json.error.code).toMatch(/^INGEST_/);
      accepted += json.accepted ?? 0;
    }
    expect(accepted).toBe(whole.rows - whole.untimed);
    const { json } = await islet.run('report', '--as', 'me', '--from', '2024-05-05', '--to', '2024-05-06');
    expect(json.metrics.n).toBe(whole.glucose.length);
  });

  test('with mmol/L under a head of mg/dL, or the reverse, is refused whole', async () => {
    for (const [unit, other] of [
      ['mmol/L', 'mg/dL'],
      ['mg/dL', 'mmol/L'],
    ] as const) {
      const text = new TextDecoder().decode(ClarityFile.write(person, { zone, unit }).bytes);
      const [head, ...rows] = text.split('\n');
      const path = await file(`${unit[1]}.csv`, [head!.replaceAll(unit, other), ...rows].join('\n'));
      const { code, json } = await islet.run('import', path, '--zone', zone);
      expect(code).not.toBe(0);
      expect(json.error.code).toBe('INGEST_UNIT_IMPLAUSIBLE');
    }
  });
});

describe('a post', () => {
  test.each([
    ['half a body of JSON', `[{"type":"sgv","sgv":100,"x":"${marker}`],
    ['noise', new Uint8Array(4096).map((_, i) => (i * 167 + 13) % 256)],
    ['nothing', ''],
    ['a number', '7'],
    ['entries of another kind', `[{"eventType":"Note","notes":"${marker}"}]`],
    ['mmol/L told as mg/dL', '[{"type":"sgv","sgv":15.5,"date":1714953600000}]'],
    ['mg/dL told as mmol/L', '[{"type":"sgv","sgv":110,"units":"mmol/L","date":1714953600000}]'],
    ['a time that never was', '[{"type":"sgv","sgv":110,"date":9e99,"dateString":"the day after"}]'],
  ])('of %s is malformed', async (_, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    clear(text);
  });

  test('of a kind or an encoding that is not known is refused, or read for what it is', async () => {
    const body = `[{"type":"sgv","sgv":100,"date":${Date.now() - 7 * 3_600_000}}]`;
    // Uploaders say all sorts of things about their JSON.
    expect((await post(body, { 'content-type': 'text/plain' })).status).toBe(200);
    alive++;
    expect((await post(body, { 'content-encoding': 'br' })).status).toBe(415);
    expect((await post(body, { 'content-encoding': 'gzip' })).status).toBe(400);
    const chain = await fetch(services.chain.url, { method: 'POST', body: '{}' });
    expect(chain.status).toBe(415);
    for (const [service, path] of [
      ['hub', '/v1/put'],
      ['hub', '/v1/fetch'],
      ['hub', '/v1/relay'],
      ['custodian', '/v1/enrol'],
      ['custodian', '/v1/release'],
      ['custodian', '/v1/revoke'],
    ] as const)
      for (const bytes of [`{"${marker}":1}`, new Uint8Array(500).fill(0x9f), '']) {
        const answer = await fetch(services[service].url + path, { method: 'POST', body: bytes as BodyInit });
        expect(answer.status, `${service} ${path}`).toBe(400);
        clear(await answer.text());
      }
  });
});

describe('every door', () => {
  test('takes no 100 MB, whatever the route, and no more memory than its limits', async () => {
    const doors = await protocol();
    expect(doors.length).toBeGreaterThan(14);
    const body = 100 * MiB;
    for (const name of ['gateway', 'hub', 'custodian', 'chain'] as const) {
      const { url, pid } = services[name];
      const peak = await Wire.peak(pid);
      for (const door of doors.filter((d) => d.service === name))
        for (const length of ['said', 'unsaid'] as const) {
          const headers = { 'content-type': 'application/json', 'api-secret': secret };
          const answer = await Wire.flood(url + door.path, door.method, body, headers, length);
          expect([413, 'closed'], `${name} ${door.path}, ${length}: ${answer.status}`).toContain(
            answer.status,
          );
          if ('body' in answer) clear(answer.body);
        }
      const more = (await peak()) ?? 0;
      expect(more, `${name}'s memory`).toBeLessThan(90 * MiB);
    }
    await stillWell();
  });

  test('refuses unknown routes, methods, and floods of headers', async () => {
    for (const { url } of Object.values(services)) {
      for (const path of [
        '/nowhere',
        '/v1/%2e%2e/%2e%2e/etc/passwd',
        `/${'x'.repeat(4000)}`,
        '/v1/keys/..',
      ]) {
        const answer = await fetch(url + path);
        expect(answer.status, path.slice(0, 40)).toBe(404);
        clear(await answer.text());
      }
      expect((await fetch(`${url}/health`, { method: 'DELETE' })).status).toBe(404);
      const begin = 'GET /health HTTP/1.1\r\nhost: here\r\n';
      const long = await Wire.raw(url, `${begin}x: ${'y'.repeat(100_000)}\r\n\r\n`);
      expect([431, 'closed']).toContain(long.status);
      const many = Array.from({ length: 5_000 }, (_, i) => `x-${i}: ${marker}`).join('\r\n');
      const flooded = await Wire.raw(url, `${begin}${many}\r\n\r\n`);
      expect([431, 'closed']).toContain(flooded.status);
      expect((await Wire.raw(url, `${marker}\r\n\r\n`)).status).toBe(400);
      expect((await Wire.raw(url, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n')).status).toBe(
        400,
      );
    }
    await stillWell();
  });
});

describe('the command line', () => {
  const dates = ['--from', '2024-05-06', '--to', '2024-05-07'];
  const grant = ['grant', '--reader', 'clinic', '--streams', 'glucose/raw', ...dates];
  const cases: [code: string, ...args: string[]][] = [
    ['CLI_USAGE', 'nonsense'],
    ['CLI_USAGE', 'report', '--as', 'me'],
    ['CLI_USAGE', 'import', 'one', 'two'],
    ['CLI_USAGE', ...grant, '--until', '2200-01-01', '--purpose', 'fun'],
    ['CLI_NO_FILE', 'import'],
    ['CLI_NO_FILE', 'import', 'FOLDER/nowhere.csv'],
    ['CLI_NO_FILE', 'import', 'FOLDER'],
    ['CLI_NO_FILE', 'verify', 'FOLDER'],
    ['INGEST_UNRECOGNISED', 'import', 'FOLDER/empty.csv'],
    ['INGEST_UNRECOGNISED', 'import', 'FOLDER/noise.bin'],
    ['INGEST_UNRECOGNISED', 'import', 'FOLDER/other.csv'],
    ['INGEST_BAD_JSON', 'import', 'FOLDER/cut.json'],
    ['INGEST_TOO_LARGE', 'import', 'FOLDER/huge.csv'],
    ['INGEST_ZONE_UNKNOWN', 'import', 'FOLDER/good.csv', '--zone', 'Mars/Base'],
    ['INGEST_FORMAT_OTHER', 'import', 'FOLDER/good.csv', '--zone', 'UTC', '--format', 'libreview'],
    ['GATEWAY_IMPORT_UNKNOWN', 'import', '--undo', 'nothing'],
    ['EXPORT_UNREADABLE', 'verify', 'FOLDER/cut.json'],
    ['EXPORT_UNREADABLE', 'verify', 'FOLDER/empty.csv'],
    ['CLI_NOT_WRITTEN', 'export', 'FOLDER'],
    ['CLI_BAD_DATE', 'report', '--as', 'me', '--from', 'yesterday', '--to', 'today'],
    ['CLI_BAD_DATE', 'report', '--as', 'me', '--from', '2024-02-30', '--to', '2024-03-01'],
    ['CLI_BAD_DATE', 'report', '--as', 'me', '--from', '2024-03-02', '--to', '2024-03-01'],
    ['CLI_BAD_DATE', ...grant, '--until', 'soon'],
    ['CLI_GRANT_ENDED', ...grant, '--until', '2001-01-01'],
    ['CLI_BAD_USES', ...grant, '--until', '2200-01-01', '--uses', ''],
    ['CLI_BAD_USES', ...grant, '--until', '2200-01-01', '--uses', '1e3'],
    ['CLI_NO_REPORT', 'report', '--as', 'me', ...dates, '--stream', 'heartbeat'],
    ['CLI_NO_SUCH_PERSON', 'report', '--as', '../../../etc/passwd', ...dates],
    ['CLI_NO_SUCH_GRANT', 'revoke', ''],
    ['CLI_BAD_NAME', 'pair', '--name', 'x'.repeat(500)],
    ['CLI_BAD_ADDRESS', 'pair', '--app', 'xdrip', '--address', 'https://a.example/path'],
    ['CLI_USAGE', 'pair', '--app', 'nothing'],
    ['CLI_BAD_DATE', 'receipts', '--from', 'soon'],
    ['INGEST_UNSUPPORTED', 'import', 'FOLDER/eversense.csv'],
  ];

  beforeAll(async () => {
    await file('empty.csv', '');
    await file(
      'noise.bin',
      new Uint8Array(4096).map((_, i) => (i * 167 + 13) % 256),
    );
    await file('other.csv', `a,b,c\n${marker},${marker},2\n`);
    await file('eversense.csv', `Eversense,report,x\nWhen,Sugar,Note\n2024-05-06,5,${marker}\n`);
    await file('cut.json', `[{"type":"sgv","device":"${marker}","sgv":`);
    await file('good.csv', whole.bytes);
    await file('huge.csv', '');
    await truncate(join(folder, 'huge.csv'), 100 * MiB);
  });

  test(`says what is wrong with ${cases.length} kinds of nonsense, each by its code`, async () => {
    const run = async ([code, ...args]: (typeof cases)[number]): Promise<void> => {
      const given = args.map((arg) => arg.replace('FOLDER', folder));
      const told = await command(islet.folder, [...given, '--json']);
      const what = `islet ${args.join(' ').slice(0, 80)}: ${told.out}${told.err}`;
      expect(told.code, what).toBeGreaterThan(0);
      expect(told.out.trim().split('\n'), what).toHaveLength(1);
      const { error } = JSON.parse(told.out);
      expect(error.code, what).toBe(code);
      expect(error.message.length, what).toBeGreaterThan(20);
      expect(told.err, what).toBe('');
      clear(told.out);
    };
    const queue = [...cases];
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) await run(next);
    };
    await Promise.all([worker(), worker(), worker()]);
  });

  test('says the same to people, in words, with the code at the end', async () => {
    const told = await command(islet.folder, ['import', join(folder, 'cut.json')]);
    expect(told.code).toBeGreaterThan(0);
    expect(told.out).toBe('');
    expect(told.err).toMatch(/^The file begins like JSON.*\[INGEST_BAD_JSON\]\n$/);
    clear(told.err);
  });

  test.skipIf(process.platform !== 'linux')('says that it cannot read what cannot be read', async () => {
    // A file by its looks, of which no byte can be had, whoever asks.
    const { code, json } = await islet.run('import', '/proc/self/mem');
    expect(code).toBeGreaterThan(0);
    expect(json.error.code).toBe('CLI_NO_FILE');
  });

  test('says so where the data folder is no folder', async () => {
    const told = await command(join(folder, 'good.csv'), ['up', '--json']);
    expect(told.code).toBeGreaterThan(0);
    expect(JSON.parse(told.out).error.code).toBe('CLI_BAD_HOME');
  });
});

describe('after all that', () => {
  test('every request that stopped half-way has been ended, and others were served beside them', async () => {
    await stillWell();
    expect(stalls.length).toBeGreaterThan(40);
    await Promise.all(stalls);
    await stillWell();
  });

  test('nothing is lost, nothing came in that should not, and no service had to be started again', async () => {
    const told = JSON.parse(await readFile(join(islet.folder, 'services.json'), 'utf8'));
    const pids = [told.gateway.pid, told.hub.pid, told.custodians[0].pid, told.ledger.pid];
    expect(pids).toEqual(Object.values(services).map((s) => s.pid));
    const status = await fetch(`${services.gateway.url}/v1/status`, { headers: { 'api-secret': secret } });
    const { readings } = (await status.json()) as { readings: number };
    expect(readings).toBe(alive + whole.rows - whole.untimed);
    expect((await islet.run('doctor')).json.problems).toEqual([]);
    expect((await islet.run('verify')).code).toBe(0);
  });
});

/** What docs/protocol.md says can be sent to: a route that is added there is tried here. */
async function protocol(): Promise<{ service: keyof typeof services; method: string; path: string }[]> {
  const path = fileURLToPath(new URL('../docs/protocol.md', import.meta.url));
  const doors: Awaited<ReturnType<typeof protocol>> = [{ service: 'chain', method: 'POST', path: '/' }];
  for (const part of (await readFile(path, 'utf8')).split(/^## /m).slice(1)) {
    const service = part.split('\n')[0]!.trim().toLowerCase() as keyof typeof services;
    for (const [, method, path] of part.matchAll(/`(POST|PUT) ([\w/-]+)/g))
      doors.push({ service, method: method!, path: path! });
  }
  return doors;
}

/** Half a head, and half a body, six times at each service. */
async function hang(): Promise<Promise<void>[]> {
  const paths = { gateway: '/api/v1/entries', hub: '/v1/put', custodian: '/v1/release', chain: '/' };
  const all: ReturnType<typeof Wire.stalled>[] = [];
  for (const name of Object.keys(paths) as (keyof typeof paths)[])
    for (let n = 0; n < 6; n++) {
      const head = `POST ${paths[name]} HTTP/1.1\r\nhost: here\r\napi-secret: ${secret}\r\ncontent-type: application/json\r\n`;
      all.push(Wire.stalled(services[name].url, head));
      all.push(Wire.stalled(services[name].url, `${head}content-length: 5000\r\n\r\n[{"type":`));
    }
  await Promise.all(all.map((one) => one.opened));
  return all.map((one) => one.ended);
}
