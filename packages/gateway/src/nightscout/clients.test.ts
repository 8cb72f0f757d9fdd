// Copyright the Islet authors. AGPL-3.0-or-later.
// What each app sends and needs to hear, written from the facts of how it behaves. One group per app.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fields } from './Json.js';
import { type Stage, stage, type Who } from './nightscout.testkit.js';

let s: Stage;
beforeAll(async () => {
  s = await stage('clients');
});
afterAll(() => s?.close());

const minute = 60_000;
const now = Math.floor((Date.now() - 2 * minute) / 1000) * 1000;
const iso = (at: number) => new Date(at).toISOString();
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const url = (path: string) => `${s.gateway().url}${path}`;
type Call = { status: number; body: never; headers: Headers };

async function call(path: string, init: RequestInit = {}): Promise<Call> {
  const response = await fetch(url(path), init);
  const text = await response.text();
  return {
    status: response.status,
    body: (/^[[{]/.test(text) ? JSON.parse(text) : text) as never,
    headers: response.headers,
  };
}
const send = (
  method: string,
  path: string,
  secret: string,
  body?: unknown,
  headers: Record<string, string> = {},
) =>
  call(path, {
    method,
    headers: { 'api-secret': secret, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const sgvs = (count: number, about: Fields = {}): Fields[] =>
  Array.from({ length: count }, (_, i) => ({
    type: 'sgv',
    sgv: 120 + i,
    date: now - i * 5 * minute,
    dateString: iso(now - i * 5 * minute),
    device: 'sensor',
    direction: 'Flat',
    ...about,
  }));

describe('xDrip+ as uploader', () => {
  let who: Who;
  const secret = () => sha1(who.both);
  beforeAll(async () => {
    who = await s.someone();
  });

  test('sends sgv, mbg and cal in one list, gzipped, and never a doubled one', async () => {
    const common = {
      device: 'xDrip-DexcomG6',
      date: now,
      dateString: iso(now).replace('Z', '+0000'),
      sysTime: iso(now),
    };
    const rows = [
      {
        ...common,
        type: 'sgv',
        sgv: 142,
        delta: 1.251,
        direction: 'Flat',
        filtered: 1,
        unfiltered: 1,
        rssi: 100,
        noise: 1,
      },
      { ...common, type: 'mbg', mbg: 140 },
      { ...common, type: 'cal', slope: 850, intercept: 30_000, scale: 1 },
    ];
    for (let i = 0; i < 2; i++) {
      const response = await fetch(url('/api/v1/entries'), {
        method: 'POST',
        headers: { 'api-secret': secret(), 'content-encoding': 'gzip', 'content-type': 'application/json' },
        body: gzipSync(JSON.stringify(rows)),
      });
      expect(response.status).toBe(200);
      // Either of these would be taken as an invitation that must hold for ever.
      expect(response.headers.get('x-powered-by')).toBeNull();
      expect(await response.json()).toHaveLength(3);
    }
    expect(await s.read(who, 'entries')).toHaveLength(3);
  });

  test('sends its battery as one object, and activity in lists', async () => {
    const status = { device: 'Pixel', uploader: { battery: 80, type: 'PHONE' } };
    expect((await send('POST', '/api/v1/devicestatus', secret(), status)).status).toBe(200);
    expect(await s.read(who, 'devicestatus.json?count=1')).toMatchObject([status]);
    const activity = [
      { type: 'hr-bpm', timeStamp: now, created_at: iso(now), bpm: 71, accuracy: 3 },
      { type: 'steps-total', timeStamp: now, created_at: iso(now), steps: 4321 },
      { type: 'motion-class', timeStamp: now, created_at: iso(now), class: 'walking' },
    ];
    for (let i = 0; i < 2; i++)
      expect((await send('POST', '/api/v1/activity', secret(), activity)).body).toHaveLength(3);
    expect(await s.read(who, 'activity')).toHaveLength(3);
    expect(
      (await s.held(who, 'activity/raw')).map((r) => r.kind === 'activity' && [r.what, r.amount]),
    ).toEqual([
      ['heart-rate', 71],
      ['steps', 4321],
    ]);
  });

  test('puts treatments under its own `_id`, finds them by uuid and deletes them', async () => {
    const uuid = '3f2b8c1e-77aa-4d0e-9d7c-0123456789ab';
    const row = {
      _id: uuid.replaceAll('-', '').slice(0, 24),
      uuid,
      timestamp: now,
      eventType: '<none>',
      enteredBy: 'xdrip pos:12',
      notes: 'Snack',
      carbs: 12,
      insulin: 1.5,
      insulinInjections: '[{"insulin":"Novorapid","units":1.5}]',
      created_at: iso(now),
      sysTime: iso(now),
    };
    for (let i = 0; i < 2; i++)
      expect((await send('PUT', '/api/v1/treatments', secret(), row)).body).toMatchObject({
        _id: row._id,
        carbs: 12,
      });
    expect((await send('GET', `/api/v1/treatments.json?find[uuid]=${uuid}`, secret())).body).toMatchObject([
      { _id: row._id },
    ]);
    expect((await send('GET', '/api/v1/treatments', secret())).body).toMatchObject([{ eventType: '<none>' }]);
    expect((await send('DELETE', `/api/v1/treatments/${row._id}`, secret())).status).toBe(200);
    expect((await send('GET', '/api/v1/treatments', secret())).body).toEqual([]);
    // Deleted by mistake, and put back.
    await send('PUT', '/api/v1/treatments', secret(), row);
    expect((await send('GET', '/api/v1/treatments', secret())).body).toMatchObject([{ carbs: 12 }]);
  });

  test('looks at the status every day', async () => {
    const { body } = await send('GET', '/api/v1/status.json', secret());
    expect(body).toMatchObject({ status: 'ok', careportalEnabled: true, settings: { units: 'mg/dl' } });
  });

  test('holding a key that only writes, is told that a record is there by the name it knows, and no more', async () => {
    const row = { uuid: 'known-uuid', eventType: 'Note', notes: 'private', created_at: iso(now) };
    await send('POST', '/api/v1/treatments', who.write, row);
    const { body } = await send('GET', '/api/v1/treatments.json?find[uuid]=known-uuid', who.write);
    expect(body).toMatchObject([{ uuid: 'known-uuid' }]);
    expect(JSON.stringify(body)).not.toContain('private');
    expect((await send('GET', '/api/v1/treatments', who.write)).status).toBe(401);
    expect((await send('DELETE', '/api/v1/entries?find[sgv][$gt]=100', who.write)).status).toBe(401);
  });
});

test('the arrow that an app sends is the one that others see, and is kept; where it sends none, it is computed', async () => {
  const who = await s.someone();
  const [first, ...rest] = sgvs(4);
  const { direction: _, ...without } = rest[0]!;
  const body = [{ ...first, direction: 'SingleUp' }, without, ...rest.slice(1)];
  const told = await s.sent(who, 'POST', 'entries', body);
  expect(told.map((row) => row.direction)).toEqual(['SingleUp', undefined, 'Flat', 'Flat']);
  for (const again of [false, true]) {
    if (again) await s.restart();
    expect((await s.read(who, 'entries?count=4')).map((row) => row.direction)).toEqual([
      'SingleUp',
      'Flat',
      'Flat',
      'Flat',
    ]);
    const pebble = await call(`/pebble?token=${who.read}`);
    expect(pebble.body).toMatchObject({ bgs: [{ trend: 2, direction: 'SingleUp' }] });
    const properties = await call(`/api/v2/properties/direction?token=${who.read}`);
    expect(properties.body).toMatchObject({ direction: { value: 'SingleUp' } });
  }
  const kept = await s.held(who, 'glucose/raw');
  expect(kept.map((r) => r.kind === 'glucose' && r.trend)).toEqual(['Flat', 'Flat', undefined, 'SingleUp']);
});

describe('xDrip+ as follower', () => {
  test('asks for the last ten, then for all since the last, treatments and one status', async () => {
    const who = await s.someone();
    await s.sent(who, 'POST', 'entries', sgvs(15));
    const ask = (path: string) => send('GET', `/api/v1/${path}`, sha1(who.read));
    const first = await ask(`entries.json?count=10&rr=${Date.now()}`);
    expect(first.body).toHaveLength(10);
    expect(first.body[0]).toMatchObject({ sgv: 120, date: now, direction: expect.any(String), type: 'sgv' });
    expect(
      (await ask(`entries.json?count=2880&find[date][$gt]=${now - 10 * minute}.0&rr=1`)).body,
    ).toHaveLength(2);
    expect((await ask('treatments')).body).toEqual([]);
    expect((await ask('devicestatus.json?count=1')).status).toBe(200);
  });
});

describe('AAPS (NSClientV3)', () => {
  let who: Who;
  let bearer: Record<string, string>;
  beforeAll(async () => {
    who = await s.someone();
    const { body } = await call(`/api/v2/authorization/request/${who.both}`);
    const { token, iat, exp, sub, permissionGroups } = body as {
      token: string;
      iat: number;
      exp: number;
      sub: string;
      permissionGroups: string[][];
    };
    expect([exp - iat, sub]).toEqual([8 * 3600, 'Loop']);
    expect(permissionGroups[0]).toContain('*:*:read');
    bearer = { authorization: `Bearer ${token}`, date: String(Date.now()) };
  });
  const v3 = (method: string, path: string, body?: unknown) =>
    send(method, `/api/v3/${path}`, '', body, bearer);

  test('is told what it may and what the server is, with nothing left out', async () => {
    const { body } = await v3('GET', 'status');
    const crud = 'crud';
    expect(body).toMatchObject({
      result: {
        storage: { storage: expect.any(String), version: expect.any(String) },
        apiPermissions: {
          devicestatus: crud,
          entries: crud,
          food: crud,
          profile: crud,
          settings: crud,
          treatments: crud,
        },
      },
    });
  });

  test('sends one document at a time and hears 201, then 200, with what is durable only', async () => {
    const about = { app: 'AAPS', isValid: true, utcOffset: 60 };
    const sent: [string, Fields][] = [
      [
        'entries',
        {
          ...about,
          type: 'sgv',
          sgv: 99,
          date: now,
          device: 'AAPS-DexcomG6',
          direction: 'FortyFiveUp',
          units: 'mg/dl',
          noise: 0,
          filtered: 0,
          unfiltered: 0,
        },
      ],
      [
        'treatments',
        {
          ...about,
          date: now,
          eventType: 'Correction Bolus',
          insulin: 0.15,
          isSMB: true,
          type: 'SMB',
          pumpId: 77,
          pumpType: 'DANA_I',
          pumpSerial: 'S',
        },
      ],
      [
        'treatments',
        {
          ...about,
          date: now,
          eventType: 'Temp Basal',
          duration: 30,
          absolute: 0,
          rate: 0,
          pumpId: 78,
          pumpType: 'DANA_I',
          pumpSerial: 'S',
        },
      ],
      [
        'treatments',
        {
          ...about,
          date: now,
          eventType: 'Bolus Wizard',
          carbs: 20,
          insulin: 2,
          glucose: 120,
          glucoseType: 'Finger',
        },
      ],
      [
        'devicestatus',
        {
          ...about,
          date: now,
          device: 'openaps://x',
          pump: { clock: iso(now), reservoir: 80, battery: { percent: 60 } },
          openaps: { iob: { iob: 1.25 }, suggested: { COB: 14 } },
          uploaderBattery: 55,
        },
      ],
      [
        'profile',
        {
          ...about,
          date: now,
          startDate: iso(now),
          defaultProfile: 'P',
          units: 'mg/dl',
          store: { P: { dia: 5 } },
        },
      ],
      ['food', { ...about, date: now, name: 'apple', carbs: 14 }],
      ['settings', { ...about, date: now, identifier: 'aaps', version: 1 }],
    ];
    for (const [collection, document] of sent) {
      const first = await v3('POST', collection, document);
      expect([collection, first.status]).toEqual([collection, 201]);
      expect(first.body).toMatchObject({ identifier: expect.any(String), lastModified: expect.any(Number) });
      const again = await v3('POST', collection, document);
      expect(again).toMatchObject({ status: 200, body: { isDeduplication: true } });
    }
    expect((await s.held(who, 'insulin/raw')).map((r) => r.kind === 'insulin' && [r.type, r.units])).toEqual(
      expect.arrayContaining([
        ['bolus', 0.15],
        ['basal', 0],
        ['bolus', 2],
      ]),
    );
    expect(await s.held(who, 'glucose/raw')).toHaveLength(2);
  });

  test('reads by history, by last change and by its searches', async () => {
    const ask = async (path: string) => ((await v3('GET', path)).body as { result: Fields[] }).result;
    const { collections } = ((await v3('GET', 'lastModified')).body as { result: { collections: Fields } })
      .result;
    expect(Object.keys(collections).sort()).toEqual([
      'devicestatus',
      'entries',
      'food',
      'profile',
      'settings',
      'treatments',
    ]);
    expect(await ask('entries?sort$desc=date&type=sgv')).toMatchObject([
      { sgv: 99, direction: 'FortyFiveUp', srvModified: expect.any(Number), identifier: expect.any(String) },
    ]);
    expect(await ask(`entries?sort=date&date$gt=${now}&limit=10`)).toEqual([]);
    expect(await ask(`entries/history/${Number(collections.entries) - 1}?limit=500`)).toHaveLength(1);
    expect(
      await ask(`treatments?sort=created_at&created_at$gt=${encodeURIComponent(iso(now - 1))}&limit=500`),
    ).toHaveLength(3);
    expect(await ask('treatments/history/0?limit=2')).toHaveLength(2);
    expect(await ask('devicestatus/history/0')).toMatchObject([{ openaps: { iob: { iob: 1.25 } } }]);
    expect(await ask('food')).toMatchObject([{ name: 'apple' }]);
    expect(await ask('profile?sort$desc=date&limit=1')).toMatchObject([{ store: { P: { dia: 5 } } }]);
    expect(await ask('profile/history/0?limit=10')).toHaveLength(1);
  });

  test('keeps its profile edits apart, since each has its date', async () => {
    const edit = (date: number) =>
      v3('POST', 'profile', {
        app: 'AAPS',
        date,
        utcOffset: 0,
        store: { P: { dia: 6 } },
        defaultProfile: 'P',
      });
    expect([
      (await edit(now + 1)).status,
      (await edit(now + 2)).status,
      (await edit(now + 2)).status,
    ]).toEqual([201, 201, 200]);
  });

  test('is told 503, and never 4xx or 200, while its document cannot be kept', async () => {
    const lost = await s.someone({ streams: ['glucose/raw'], firstDay: 1, days: 1 });
    const document = { app: 'AAPS', date: now, eventType: 'Note', notes: 'x' };
    const told = await send('POST', '/api/v3/treatments', lost.both, document);
    expect([told.status, told.headers.get('retry-after')]).toEqual([503, '5']);
  });
});

describe('Loop', () => {
  let who: Who;
  beforeAll(async () => {
    who = await s.someone();
  });
  const ask = (method: string, path: string, body?: unknown) =>
    send(method, `/api/v1/${path}`, sha1(who.both), body);

  test('checks its secret, and hears exactly 200 with as many objects as it sent, each with a text `_id`', async () => {
    expect((await ask('GET', 'experiments/test')).status).toBe(200);
    const common = {
      created_at: iso(now).replace('.000', ''),
      timestamp: iso(now),
      enteredBy: 'loop://iPhone',
    };
    const treatments = [
      {
        ...common,
        eventType: 'Correction Bolus',
        type: 'normal',
        insulin: 0.65,
        programmed: 0.65,
        unabsorbed: 0,
        duration: 0.43,
        automatic: true,
        syncIdentifier: 'aa01',
      },
      {
        ...common,
        eventType: 'Carb Correction',
        carbs: 25,
        absorptionTime: 180,
        userEnteredAt: iso(now),
        syncIdentifier: 'AA02',
      },
      {
        ...common,
        eventType: 'Temp Basal',
        temp: 'absolute',
        rate: 0,
        absolute: 0,
        duration: 30,
        amount: 0,
        automatic: true,
        syncIdentifier: 'aa03',
      },
      {
        ...common,
        eventType: 'Temporary Override',
        _id: '9E5A0F8C-7B1C-4C3C-9C5F-1234567890AB',
        reason: 'Run',
        durationType: 'indefinite',
        duration: 0,
        correctionRange: [140, 150],
        insulinNeedsScaleFactor: 0.5,
      },
    ];
    const first = await ask('POST', 'treatments', treatments);
    expect(first.status).toBe(200);
    const ids = (first.body as Fields[]).map(({ _id }) => _id);
    expect(ids).toHaveLength(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{24}$/);
    const again = (await ask('POST', 'treatments', treatments)).body as Fields[];
    expect(again.map(({ _id }) => _id)).toEqual(ids);
    expect(
      (await s.held(who, 'insulin/raw')).map((r) => r.kind === 'insulin' && [r.type, r.units, r.durationMs]),
    ).toEqual(
      expect.arrayContaining([
        ['bolus', 0.65, 0],
        ['basal', 0, 30 * minute],
      ]),
    );
    // A dose that ended: the same record, put with the `_id` that the server gave.
    await ask('PUT', 'treatments', { ...treatments[2]!, duration: 10, _id: ids[2]! });
    expect(await s.read(who, 'treatments?find[syncIdentifier]=aa03')).toMatchObject([
      { duration: 10, _id: ids[2]! },
    ]);
    expect((await ask('DELETE', `treatments/${ids[1]}`)).status).toBe(200);
    expect((await ask('DELETE', 'treatments/9E5A0F8C-7B1C-4C3C-9C5F-1234567890AB')).status).toBe(200);
    expect(await s.read(who, `treatments?find[created_at][$gte]=${iso(now - minute)}`)).toHaveLength(2);
  });

  test('sends statuses and profiles in lists, and gets its current profile back without its tokens', async () => {
    const status = {
      device: 'loop://iPhone',
      created_at: iso(now),
      identifier: 'F00D',
      loop: {
        name: 'Loop',
        version: '3',
        timestamp: iso(now),
        iob: { iob: 1.1, timestamp: iso(now) },
        cob: { cob: 12.4, timestamp: iso(now) },
        predicted: { startDate: iso(now), values: [100, 101] },
      },
      pump: { reservoir: 99, suspended: false },
      uploader: { battery: 66, name: 'iPhone' },
    };
    for (let i = 0; i < 2; i++) expect((await ask('POST', 'devicestatus', [status])).body).toHaveLength(1);
    expect(await s.read(who, 'devicestatus')).toHaveLength(1);
    const profile = {
      defaultProfile: 'Default',
      startDate: iso(now),
      mills: String(now),
      units: 'mg/dL',
      enteredBy: 'Loop',
      loopSettings: { dosingEnabled: true, deviceToken: 'cafe', bundleIdentifier: 'b' },
      store: {
        Default: {
          dia: 6,
          carbs_hr: '0',
          delay: '0',
          timezone: 'ETC/GMT',
          basal: [{ time: '00:00', timeAsSeconds: 0, value: 1 }],
        },
      },
    };
    expect((await ask('POST', 'profile', [profile])).body).toHaveLength(1);
    expect((await ask('GET', 'profile/current')).body).toMatchObject({
      defaultProfile: 'Default',
      mills: String(now),
    });
    expect(
      (
        await ask(
          'GET',
          `profiles?find[startDate][$lte]=${iso(now)}&find[startDate][$gte]=${iso(now - minute)}`,
        )
      ).body,
    ).toHaveLength(1);
    expect(JSON.stringify((await ask('GET', 'profile/current')).body)).not.toContain('cafe');
  });

  test('is told no to remote commands, and not that they were sent', async () => {
    const told = await send('POST', '/api/v2/notifications/loop', sha1(who.both), {
      eventType: 'Remote Bolus Entry',
    });
    expect(told.status).toBe(403);
    expect(told.body).toContain('sends no commands');
  });
});

describe('Trio', () => {
  test('checks by writing, uploads lists and objects, reads carbs of others, and deletes by its ids', async () => {
    const who = await s.someone();
    const ask = (method: string, path: string, body?: unknown) =>
      send(method, `/api/v1/${path}`, sha1(who.both), body);
    const check = { eventType: 'Note', enteredBy: 'Trio', notes: 'Trio connected', created_at: iso(now) };
    expect((await ask('POST', 'treatments.json', check)).status).toBe(200);
    const meals = [
      {
        id: 'T1',
        created_at: iso(now),
        enteredBy: 'Trio',
        eventType: 'Carb Correction',
        carbs: 30,
        fat: 5,
        protein: 2,
        fpuID: 'x',
      },
      {
        id: 'T2',
        created_at: iso(now),
        enteredBy: 'Trio',
        eventType: 'BG Check',
        glucose: '5.5',
        glucoseType: 'Manual',
        units: 'mmol/L',
      },
      { id: 'T3', created_at: iso(now), enteredBy: 'Caregiver', eventType: 'Carb Correction', carbs: 7 },
      {
        id: 'T4',
        created_at: iso(now),
        enteredBy: 'Trio',
        eventType: 'Temporary Target',
        targetTop: 120,
        targetBottom: 120,
        duration: 60,
      },
    ];
    expect((await ask('POST', 'treatments.json', meals)).body).toHaveLength(4);
    const others = ['Trio', 'AndroidAPS', 'openaps://AndroidAPS', 'iAPS', 'loop://iPhone'];
    const query = others
      .map((one, i) => `find[$and][${i}][enteredBy][$ne]=${encodeURIComponent(one)}`)
      .join('&');
    const carbs = await ask(
      'GET',
      `treatments.json?find[carbs][$exists]=true&${query}&find[created_at][$gt]=${iso(now - minute)}`,
    );
    expect(carbs.body).toMatchObject([{ id: 'T3', carbs: 7 }]);
    const targets = await ask(
      'GET',
      `treatments.json?find[eventType]=Temporary+Target&find[duration][$exists]=true&find[created_at][$gt]=${iso(now - minute)}`,
    );
    expect(targets.body).toMatchObject([{ id: 'T4' }]);
    expect(
      (await s.held(who, 'glucose/raw')).map((r) => r.kind === 'glucose' && [r.value, r.unit, r.method]),
    ).toEqual([[5.5, 'mmol/L', 'meter']]);
    await ask('POST', 'entries.json', [
      {
        _id: 'E-1',
        id: 'E-1',
        sgv: 101,
        glucose: 101,
        type: 'sgv',
        date: now + 0.5,
        dateString: iso(now),
        direction: 'Flat',
        noise: 1,
      },
    ]);
    expect(
      (await ask('GET', `entries/sgv.json?count=1600&find[dateString][$gte]=${iso(now - minute)}`)).body,
    ).toHaveLength(1);
    expect(
      (await ask('POST', 'devicestatus.json', { device: 'Trio', created_at: iso(now), openaps: { iob: [] } }))
        .status,
    ).toBe(200);
    expect(
      (
        await ask('POST', 'profile.json', {
          defaultProfile: 'default',
          startDate: iso(now),
          store: { default: { dia: 6 } },
        })
      ).status,
    ).toBe(200);
    const profile = await ask('GET', 'profile.json?count=1');
    expect(profile.headers.get('content-type')).toBe('application/json');
    expect(profile.body).toMatchObject([{ store: { default: { dia: 6 } } }]);
    for (const path of [
      'treatments.json?find[id][$eq]=T1',
      `treatments.json?find[created_at][$eq]=${iso(now)}`,
    ])
      expect((await ask('DELETE', path)).status).toBe(200);
    expect((await ask('GET', 'treatments.json')).body).toEqual([]);
    await ask('DELETE', `entries.json?find[$or][0][id][$eq]=E-1&find[$or][1][dateString][$eq]=${iso(now)}`);
    expect((await ask('GET', 'entries/sgv.json?count=9')).body).toEqual([]);
  });
});

describe('followers', () => {
  let who: Who;
  beforeAll(async () => {
    who = await s.someone();
    await s.sent(who, 'POST', 'entries', [
      ...sgvs(6),
      { type: 'cal', slope: 850, intercept: 1, scale: 1, date: now, device: 'x' },
    ]);
    await s.sent(who, 'POST', 'treatments', [
      { eventType: 'Site Change', created_at: iso(now - minute), enteredBy: 'x', uuid: '1' },
      { eventType: 'Sensor Start', created_at: iso(now), enteredBy: 'x', uuid: '2' },
      { eventType: 'Temporary Target', created_at: iso(now), duration: 0, uuid: '3' },
    ]);
    await s.sent(who, 'POST', 'devicestatus', {
      device: 'loop://x',
      created_at: iso(now),
      loop: { iob: { iob: 1.234 }, cob: { cob: 9.6 } },
      uploader: { battery: 71 },
    });
    await s.sent(who, 'POST', 'profile', [
      { defaultProfile: 'D', startDate: iso(now), units: 'mmol/L', store: { D: {} } },
    ]);
  });

  test('LoopFollow: token in the address, status with its powers, its questions, a token of its own', async () => {
    const ask = (path: string) => call(`${path}${path.includes('?') ? '&' : '?'}token=${who.read}`);
    expect((await ask('/api/v1/status.json')).body).toMatchObject({
      authorized: {
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        permissionGroups: [['*:*:read']],
      },
      settings: { units: 'mmol' },
    });
    expect((await call('/api/v1/status.json?token=wrong')).status).toBe(401);
    expect((await call('/api/v1/status.json')).body).toMatchObject({ authorized: null });
    expect((await call('/api/v1/entries.json?token=wrong')).body).toEqual({
      status: 401,
      message: 'Unauthorized',
      description: 'Invalid/Missing',
    });
    expect(
      (await ask(`/api/v1/entries.json?count=100&find[date][$gte]=${now - 60 * minute}&find[type][$ne]=cal`))
        .body,
    ).toHaveLength(6);
    expect(
      (await ask(`/api/v1/entries.json?find[dateString][$gte]=${iso(now)}&find[type]=sgv`)).body,
    ).toHaveLength(1);
    expect((await ask('/api/v1/devicestatus.json?count=1')).body).toMatchObject([
      { uploader: { battery: 71 } },
    ]);
    expect(
      (
        await ask(
          `/api/v1/treatments.json?count=50&find[created_at][$gte]=${iso(now)}&find[created_at][$lte]=${iso(now + minute)}`,
        )
      ).body,
    ).toHaveLength(2);
    expect((await ask('/api/v1/treatments.json?find[eventType]=Site%20Change&count=1')).body).toHaveLength(1);
    expect((await ask(`/api/v1/profiles.json?count=1&find[startDate][$lte]=${iso(now)}`)).body).toHaveLength(
      1,
    );
    expect((await ask('/api/v2/properties/dbsize')).body).toMatchObject({ dbsize: { display: '0%' } });
    const subjects = (await send('GET', '/api/v2/authorization/subjects', sha1(who.read))).body as Fields[];
    expect(subjects).toMatchObject([{ name: 'Watch', roles: ['readable'] }]);
    expect((await call(`/api/v1/entries.json?token=${subjects[0]!.accessToken}`)).status).toBe(200);
    const made = await send('POST', '/api/v2/authorization/subjects', sha1(who.read), {
      name: 'x',
      roles: ['readable'],
    });
    expect(made).toMatchObject({ status: 403, body: { code: 'GATEWAY_PAIRED_BY_WALLET' } });
  });

  test('nightguard: entries by dates with fractions, properties, treatments, cancelled targets', async () => {
    const ask = (path: string) => call(`${path}${path.includes('?') ? '&' : '?'}token=${who.read}`);
    expect((await ask('/api/v1/entries.json?count=20')).body).toHaveLength(7);
    expect(
      (
        await ask(
          `/api/v1/entries.json?find[date][$gt]=${now - 11 * minute}.25&find[date][$lte]=${now}.5&count=1440`,
        )
      ).body,
    ).toHaveLength(4);
    expect((await ask('/api/v2/properties')).body).toMatchObject({
      bgnow: { last: 120, mills: now, sgvs: [{ direction: 'Flat', mgdl: 120 }], errors: [] },
      delta: { mgdl: -1, display: '-0.1' },
      iob: { display: '1.23' },
      cob: { display: 10 },
      upbat: { display: '71%' },
    });
    expect(
      (await ask(`/api/v1/treatments?find[eventType]=Temporary%20Target&find[created_at][$gte]=${iso(now)}`))
        .body,
    ).toMatchObject([{ duration: 0 }]);
    expect((await ask('/api/v1/devicestatus.json?count=5')).body).toHaveLength(1);
    const cancel = {
      eventType: 'Temporary Target',
      duration: 0,
      enteredBy: 'nightguard',
      created_at: iso(now + 1),
    };
    expect((await send('POST', `/api/v1/treatments?now=${now}`, sha1(who.write), cancel)).status).toBe(200);
  });

  test('Nightwatch and GlucoDataHandler: /pebble with texts for numbers', async () => {
    const { body } = await call(`/pebble?units=mmol&count=2&token=${who.read}`);
    expect(body).toMatchObject({
      status: [{ now: expect.any(Number) }],
      bgs: [
        {
          sgv: '6.7',
          trend: 4,
          direction: 'Flat',
          datetime: now,
          bgdelta: '-0.1',
          battery: '71',
          iob: '1.23',
          cob: 10,
        },
        { sgv: '6.7', datetime: now - 5 * minute },
      ],
      cals: [{ slope: 850 }],
    });
    expect((await send('GET', '/pebble', who.read)).body).toMatchObject({
      bgs: [{ sgv: '120', bgdelta: -1 }],
    });
    expect((await call('/pebble')).status).toBe(401);
    expect((await call(`/pebble?token=${who.write}`)).status).toBe(401);
    expect((await send('GET', '/api/v1/entries/current.json', who.read)).body).toMatchObject([{ sgv: 120 }]);
    expect(
      (await send('GET', `/api/v1/entries/sgv.json?find[date][$gt]=${now - minute}&count=5`, who.read)).body,
    ).toHaveLength(1);
  });

  test('generic readers (Sugarmate, Gluroo): the address with a token is all they need', async () => {
    const paths = ['entries', 'entries/sgv', 'treatments', 'profile', 'devicestatus', 'status'];
    for (const path of paths) {
      const { status, headers } = await call(`/api/v1/${path}.json?count=288&token=${who.read}`);
      expect([path, status, headers.get('access-control-allow-origin')]).toEqual([path, 200, '*']);
    }
    expect((await call(`/api/v1/entries.json?token=token=${who.read}`)).status).toBe(200);
  });

  test('spreadsheets and scripts: csv, tsv and text by suffix or by Accept; 304 where nothing changed', async () => {
    const csv = await send('GET', '/api/v1/entries/sgv.csv?count=2', who.read);
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect((csv.body as string).split('\r\n')[0]).toBe(`"${iso(now)}",${now},120,"Flat","sensor"`);
    expect((await send('GET', '/api/v1/entries/sgv.tsv?count=1', who.read)).body).toBe(
      `"${iso(now)}"\t${now}\t120\t"Flat"\t"sensor"`,
    );
    expect(
      (await send('GET', '/api/v1/entries/sgv?count=1', who.read, undefined, { accept: 'text/plain' })).body,
    ).toContain('\t120\t');
    const json = await send('GET', '/api/v1/entries.json', who.read);
    const since = { 'if-modified-since': json.headers.get('last-modified')! };
    expect((await send('GET', '/api/v1/entries.json', who.read, undefined, since)).status).toBe(304);
    expect((await call('/api/v1/status.txt')).body).toBe('STATUS OK');
    expect((await call('/api/v1/status.js')).body).toMatch(/^this.serverSettings = \{/);
    expect((await call('/api/v1/status.html')).body).toContain('STATUS OK');
  });

  test('that may follow glucose alone are shown glucose alone', async () => {
    const only = await s.alsoPaired(who, 'glucose only', { may: 'read', streams: ['glucose/raw'] });
    const ask = async (path: string) => (await send('GET', path, only)).body as Fields[];
    expect(await ask('/api/v1/entries/sgv')).toHaveLength(6);
    for (const path of ['treatments', 'devicestatus', 'profile', 'activity'])
      expect(await ask(`/api/v1/${path}`)).toEqual([]);
    expect(await ask('/api/v2/properties')).not.toHaveProperty('iob');
    expect(await ask('/api/v2/ddata')).toMatchObject({ treatments: [], devicestatus: [], profiles: [] });
    const v3 = (await send('GET', '/api/v3/treatments/history/0', only)).body as { result: Fields[] };
    expect(v3.result).toEqual([]);
    const { result } = (await send('GET', '/api/v3/lastModified', only)).body as { result: Fields };
    expect(Object.keys(result.collections as Fields)).toEqual(['entries']);
  });
});

describe('xDrip4iOS', () => {
  test('logs in with its token as it is, sends, deletes a second’s entry and sends it again', async () => {
    const who = await s.someone();
    const ask = (method: string, path: string, body?: unknown) =>
      call(`/api/v1${path}`, {
        method,
        headers: { 'API-SECRET': who.both },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    expect((await ask('GET', '/experiments/test')).status).toBe(200);
    const [row] = sgvs(1, { device: 'xDrip4iOS' });
    await ask('POST', '/entries', [row]);
    const span = `find[dateString][$gte]=${iso(now - 1000)}&find[dateString][$lte]=${iso(now + 1000)}`;
    expect((await ask('DELETE', `/entries?${span}`)).body).toMatchObject({ deletedCount: 1 });
    expect((await ask('GET', '/entries/sgv.json?count=5')).body).toEqual([]);
    await ask('POST', '/entries', [{ ...row, sgv: 77 }]);
    expect((await ask('GET', '/entries/sgv.json?count=5')).body).toMatchObject([{ sgv: 77 }]);
    const bolus = {
      _id: 'b3b1f1e2-aaaa-bbbb-cccc-1234567890ab',
      eventType: 'Bolus',
      insulin: 1,
      created_at: iso(now),
    };
    expect((await ask('POST', '/treatments', [bolus])).body).toHaveLength(1);
    expect((await ask('GET', `/treatments?find[created_at][$gte]=${iso(now)}`)).body).toHaveLength(1);
    expect((await ask('GET', '/profile')).status).toBe(200);
  });
});

describe('Juggluco, librelink-up, nightscout-connect and oref0', () => {
  let who: Who;
  beforeAll(async () => {
    who = await s.someone();
  });

  test('Juggluco and librelink-up by v3: a token, the newest entry, one post each', async () => {
    const { body } = await call(`/api/v2/authorization/request/${who.both}`);
    const headers = { authorization: `Bearer ${(body as Fields).token}` };
    const newest = async () =>
      (
        (await send('GET', '/api/v3/entries?limit=1&sort$desc=date', '', undefined, headers)).body as {
          result: Fields[];
        }
      ).result;
    expect(await newest()).toEqual([]);
    for (const [i, one] of sgvs(3).entries())
      expect(
        (
          await send(
            'POST',
            '/api/v3/entries',
            '',
            { ...one, app: 'librelink', date: now - (2 - i) * minute },
            headers,
          )
        ).status,
      ).toBe(201);
    expect(await newest()).toMatchObject([{ date: now }]);
  });

  test('librelink-up by v1: the newest, then what is missing', async () => {
    const own = await s.someone();
    expect((await send('GET', '/api/v1/entries?count=1', sha1(own.both))).body).toEqual([]);
    expect((await send('POST', '/api/v1/entries', sha1(own.both), sgvs(3))).body).toHaveLength(3);
    expect((await send('GET', '/api/v1/entries?count=1', sha1(own.both))).body).toMatchObject([
      { date: now },
    ]);
  });

  test('nightscout-connect: verifies, asks for subjects and a token, copies', async () => {
    expect((await send('GET', '/api/v1/verifyauth', sha1(who.both))).body).toMatchObject({
      message: { canRead: true, canWrite: true, message: 'OK' },
    });
    const [subject] = (await send('GET', '/api/v2/authorization/subjects', sha1(who.both))).body as Fields[];
    expect((await call(`/api/v2/authorization/request/${subject!.accessToken}`)).body).toMatchObject({
      token: expect.any(String),
    });
  });

  test('oref0: the secret hashed, or a token where the secret belongs; the same upload at every loop', async () => {
    const rows = [
      {
        eventType: 'Temp Basal',
        absolute: 1.2,
        rate: 1.2,
        duration: 30,
        created_at: iso(now),
        enteredBy: 'openaps://medtronic/522',
      },
    ];
    for (const secret of [sha1(who.both), `token=${who.both}`])
      expect((await send('POST', '/api/v1/treatments.json', secret, rows)).status).toBe(200);
    expect(await s.read(who, 'treatments')).toHaveLength(1);
    expect((await s.held(who, 'insulin/raw')).map((r) => r.kind === 'insulin' && r.units)).toEqual([0.6]);
  });

  test('old clients put the secret into the body, and it is not kept', async () => {
    const body = { secret: sha1(who.write), eventType: 'Note', notes: 'from the body', created_at: iso(now) };
    expect((await call('/api/v1/treatments', { method: 'POST', body: JSON.stringify(body) })).status).toBe(
      200,
    );
    expect(
      (await call('/api/v1/treatments', { method: 'POST', body: JSON.stringify([{ ...body, secret: 'x' }]) }))
        .status,
    ).toBe(401);
    const kept = await s.read(who, 'treatments?find[notes]=/BODY$/i');
    expect(kept).toHaveLength(1);
    expect(kept[0]).not.toHaveProperty('secret');
  });
});
