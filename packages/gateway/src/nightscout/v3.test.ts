// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../scene.testkit.js';
import type { Fields } from './Json.js';
import { type Stage, stage, type Who } from './nightscout.testkit.js';

let s: Stage;
let who: Who;
beforeAll(async () => {
  s = await stage('v3');
  who = await s.someone();
});
afterAll(() => s?.close());

const now = Date.now() - 60_000;
type Told = { status: number; body: Fields; headers: Headers };

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Told> {
  const secret = headers['api-secret'] ?? who.both;
  const response = await s.fetch(who, method, `/api/v3/${path}`, body, { 'api-secret': secret, ...headers });
  const text = await response.text();
  return {
    status: response.status,
    body: text.startsWith('{') ? JSON.parse(text) : { text },
    headers: response.headers,
  };
}
const rowsOf = ({ body }: Told): Fields[] => body.result as Fields[];

const bolus = (about: Fields = {}): Fields => ({
  eventType: 'Correction Bolus',
  insulin: 0.3,
  isSMB: true,
  type: 'SMB',
  pumpId: 4102,
  pumpType: 'OMNIPOD_DASH',
  pumpSerial: '4241',
  date: now,
  utcOffset: 60,
  isValid: true,
  app: 'AAPS',
  ...about,
});

describe('without a key', () => {
  test('only the version is told', async () => {
    expect(await ask('GET', 'version', undefined, { 'api-secret': '' })).toMatchObject({
      status: 200,
      body: { status: 200, result: { apiVersion: '3.0.3-alpha', storage: { storage: 'islet' } } },
    });
    for (const path of ['status', 'lastModified', 'entries', 'treatments/x', 'nothing'])
      expect(await ask('GET', path, undefined, { 'api-secret': '' })).toMatchObject({
        status: 401,
        body: { status: 401, message: 'Missing or bad access token or JWT' },
      });
  });
});

describe('a document', () => {
  test('is created once, with the identifier that every client computes', async () => {
    const sent = bolus({ device: 'openaps://phone', pumpId: 1 });
    const first = await ask('POST', 'treatments', sent);
    expect(first).toMatchObject({ status: 201, body: { status: 201 } });
    // UUIDv5 of `openaps://phone_DATE_Correction Bolus`.
    expect(first.body.identifier).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(first.headers.get('location')).toBe(`/api/v3/treatments/${first.body.identifier}`);
    expect(Date.parse(first.headers.get('last-modified')!)).toBe(
      Math.floor(Number(first.body.lastModified) / 1000) * 1000,
    );
    const again = await ask('POST', 'treatments', sent);
    expect(again).toMatchObject({
      status: 200,
      body: {
        status: 200,
        isDeduplication: true,
        identifier: first.body.identifier,
        lastModified: first.body.lastModified,
      },
    });
    // The pump’s number is another: so is the record, though device, time and sort are the same.
    const other = await ask('POST', 'treatments', { ...sent, pumpId: 2 });
    expect(other.status).toBe(201);
    expect(other.body.identifier).not.toBe(first.body.identifier);
  });

  test('says what is wrong in the words that clients match, and is refused for good only then', async () => {
    const cases: [Fields | unknown[], string][] = [
      [{ ...bolus(), date: undefined as never }, 'Bad or missing date field'],
      [bolus({ date: 5 }), 'Bad or missing date field'],
      [bolus({ app: '' }), 'Bad or missing app field'],
      [bolus({ utcOffset: 2000 }), 'Bad or missing utcOffset field'],
      [bolus({ utcOffset: 'x' }), 'Bad or missing utcOffset field'],
      [bolus({ identifier: '' }), 'Bad or missing identifier field'],
      [[], 'Bad or missing request body'],
      [[bolus()], 'Bad or missing request body'],
    ];
    for (const [sent, message] of cases)
      expect(await ask('POST', 'treatments', sent)).toMatchObject({
        status: 400,
        body: { status: 400, message },
      });
    expect(await ask('POST', 'nothing', bolus())).toMatchObject({ status: 404 });
  });

  test('is read, updated, patched and deleted under its identifier, and its history tells each', async () => {
    const identifier = toHex(random(8));
    const made = await ask('POST', 'treatments', bolus({ identifier, pumpId: 10 }));
    expect(made.body.identifier).toBe(identifier);
    const path = `treatments/${identifier}`;
    const read = await ask('GET', path);
    expect(read.body.result).toMatchObject({
      identifier,
      insulin: 0.3,
      srvCreated: made.body.lastModified,
      srvModified: made.body.lastModified,
      subject: 'Loop',
      created_at: new Date(now).toISOString(),
    });
    expect(read.body.result).not.toHaveProperty('_id');
    expect((await ask('GET', `${path}?fields=insulin,date`)).body.result).toEqual({
      insulin: 0.3,
      date: now,
    });
    expect(
      (await ask('GET', path, undefined, { 'if-modified-since': new Date().toUTCString() })).status,
    ).toBe(304);

    expect(await ask('PATCH', path, { date: now + 1 })).toMatchObject({
      status: 400,
      body: { message: 'Field date cannot be modified by the client' },
    });
    const old = { 'if-unmodified-since': new Date(now - 86_400_000).toUTCString() };
    expect((await ask('PATCH', path, { insulin: 0.4 }, old)).status).toBe(412);
    expect(await ask('PATCH', path, { insulin: 0.4 })).toMatchObject({ status: 200, body: { status: 200 } });
    expect((await ask('GET', path)).body.result).toMatchObject({
      insulin: 0.4,
      isSMB: true,
      modifiedBy: 'Loop',
    });
    expect((await ask('PUT', path, bolus({ pumpId: 10, insulin: 0.5, isReadOnly: true }))).status).toBe(200);
    expect((await ask('PUT', path, bolus({ pumpId: 10 }))).status).toBe(422);
    expect((await ask('DELETE', path)).status).toBe(422);

    const second = toHex(random(8));
    expect((await ask('PUT', `treatments/${second}`, bolus({ pumpId: 11 }))).status).toBe(201);
    const before = Date.now() - 1;
    expect((await ask('DELETE', `treatments/${second}`)).body).toEqual({ status: 200 });
    for (const method of ['GET', 'DELETE', 'PATCH'])
      expect(
        (await ask(method, `treatments/${second}`, method === 'PATCH' ? { notes: 'x' } : undefined)).status,
      ).toBe(410);
    expect((await ask('POST', 'treatments', bolus({ identifier: second, pumpId: 11 }))).status).toBe(410);
    expect((await ask('GET', 'treatments/never')).status).toBe(404);
    const changed = rowsOf(await ask('GET', `treatments/history/${before - 5000}`));
    expect(changed.find((one) => one.identifier === second)).toMatchObject({ isValid: false });
    const moments = changed.map((one) => Number(one.srvModified));
    expect(moments).toEqual([...new Set(moments)].sort((a, b) => a - b));
    expect(rowsOf(await ask('GET', 'treatments')).some((one) => one.identifier === second)).toBe(false);
  });
});

describe('a search', () => {
  beforeAll(async () => {
    for (let i = 0; i < 4; i++)
      await ask('POST', 'food', {
        date: now + i,
        app: 'x',
        name: `f${i}`,
        carbs: i * 10,
        unit: i % 2 ? 'g' : 'ml',
      });
  });
  const names = async (query: string) =>
    rowsOf(await ask('GET', `food?${query}`))
      .map((one) => one.name)
      .join();

  test('takes the operators, orders, limits and fields of API v3', async () => {
    expect(await names('sort=date')).toBe('f0,f1,f2,f3');
    expect(await names('sort$desc=date&limit=2&skip=1')).toBe('f2,f1');
    expect(await names('sort=name&carbs$gt=10')).toBe('f2,f3');
    expect(await names('sort=name&carbs$gte=10&carbs$lt=30')).toBe('f1,f2');
    expect(await names("sort=name&unit='g'&now=1&token=x")).toBe('f1,f3');
    expect(await names('sort=name&name$in=f0|f3')).toBe('f0,f3');
    expect(await names('sort=name&name$nin=f0|f3')).toBe('f1,f2');
    expect(await names('sort=name&name$ne=f0')).toBe('f1,f2,f3');
    expect(await names(`sort=name&date$lte=${now + 1}`)).toBe('f0,f1');
    expect(await names('sort=name&unit$re=^m')).toBe('f0,f2');
    expect(rowsOf(await ask('GET', 'food?name=f1&fields=carbs'))).toEqual([{ carbs: 10 }]);
  });

  test('refuses everything else in its words', async () => {
    const told = async (query: string) => (await ask('GET', `food?${query}`)).body.message;
    expect(await told('limit=0')).toBe('Parameter limit out of tolerance');
    expect(await told('limit=1001')).toBe('Parameter limit out of tolerance');
    expect(await told('skip=-1')).toBe('Parameter skip out of tolerance');
    expect(await told('sort=a&sort$desc=b')).toBe('Parameters sort and sort_desc cannot be combined');
    expect(await told('a$where=1')).toBe('Unsupported filter operator where');
    expect(await told('name$re=(a%2B)%2B$')).toBe('Unsupported filter operator re');
    expect((await ask('GET', 'food?__proto__$eq=1')).status).toBe(400);
    expect((await ask('GET', 'food/history')).body.message).toBe(
      'Bad or missing Last-Modified header/parameter',
    );
  });

  test('comes as CSV or XML where asked, and runs nothing in a spreadsheet', async () => {
    await ask('POST', 'food', { date: now + 9, app: 'x', name: '=1+1', carbs: 1 });
    const csv = await (await s.fetch(who, 'GET', '/api/v3/food.csv?fields=name&sort=date')).text();
    expect(csv.split('\r\n')).toEqual(['name', 'f0', 'f1', 'f2', 'f3', "'=1+1"]);
    expect(await (await s.fetch(who, 'GET', '/api/v3/food.xml?fields=name&name=f1')).text()).toContain(
      '<item><name>f1</name></item>',
    );
  });
});

describe('a key that', () => {
  test('writes keeps records, learns whether they are here, and reads nothing', async () => {
    const own = await s.someone();
    const write = { 'api-secret': own.write };
    const call = async (method: string, path: string, body?: unknown, headers = write) => {
      const response = await s.fetch(own, method, `/api/v3/${path}`, body, headers);
      return { status: response.status, body: (await response.json()) as Fields };
    };
    const entry = {
      date: now,
      app: 'AAPS',
      type: 'sgv',
      sgv: 231,
      device: 'x',
      direction: 'Flat',
      utcOffset: 0,
    };
    const made = await call('POST', 'entries', entry);
    expect(made.status).toBe(201);
    expect(await call('GET', 'entries')).toEqual({
      status: 403,
      body: { status: 403, message: 'Missing permission api:entries:read' },
    });
    expect((await call('GET', `entries/history/0`)).status).toBe(403);
    expect((await call('GET', 'lastModified')).body.result).toMatchObject({ collections: {} });
    expect((await call('GET', 'status')).body.result).toMatchObject({ apiPermissions: { entries: 'cud' } });
    const named = await call('GET', `entries/${made.body.identifier}`);
    expect(named.body.result).toMatchObject({ identifier: made.body.identifier });
    expect(JSON.stringify(named)).not.toContain('231');
    const read = { 'api-secret': own.read };
    expect((await call('POST', 'entries', { ...entry, date: now - 1 }, read)).body.message).toBe(
      'Missing permission api:entries:create',
    );
    expect((await call('DELETE', `entries/${made.body.identifier}`, undefined, read)).status).toBe(403);
    expect(((await call('GET', 'entries', undefined, read)).body.result as Fields[])[0]).toMatchObject({
      sgv: 231,
      direction: 'Flat',
    });
  });
});

test('an entry that came through API v1 is a document of v3 too, and can be changed and deleted there', async () => {
  const own = await s.someone();
  const [entry] = await s.sent(own, 'POST', 'entries', [{ type: 'sgv', sgv: 111, date: now, device: 'x' }]);
  const call = async (method: string, path: string, body?: unknown) =>
    (await (
      await s.fetch(own, method, `/api/v3/entries${path}`, body, { 'api-secret': own.both })
    ).json()) as Fields;
  expect((await call('GET', '/history/0')).result).toMatchObject([{ sgv: 111, identifier: entry!._id }]);
  expect(await call('PATCH', `/${entry!._id}`, { sgv: 115 })).toMatchObject({ status: 200 });
  expect((await call('GET', '')).result).toMatchObject([{ sgv: 115, identifier: entry!._id }]);
  expect(await s.read(own, 'entries')).toMatchObject([{ sgv: 115, _id: entry!._id }]);
  expect(await s.held(own, 'glucose/raw')).toMatchObject([{ value: 115 }]);
  expect(await call('DELETE', `/${entry!._id}`)).toEqual({ status: 200 });
  expect(await s.read(own, 'entries')).toEqual([]);
  expect(await s.held(own, 'glucose/raw')).toEqual([]);
  expect((await call('GET', '/history/0')).result).toMatchObject([
    { isValid: false, identifier: entry!._id },
  ]);
});
