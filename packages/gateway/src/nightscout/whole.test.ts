// Copyright the Islet authors. AGPL-3.0-or-later.
// What of the API no client's test above asks for, collection by collection.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fields } from './Json.js';
import { type Stage, stage, type Who } from './nightscout.testkit.js';

const minute = 60_000;
const now = Math.floor(Date.now() / 1000) * 1000;
const iso = (at: number) => new Date(at).toISOString();

let s: Stage;
let who: Who;
beforeAll(async () => {
  s = await stage('whole');
  who = await s.someone();
});
afterAll(() => s?.close());

const both = () => ({ 'api-secret': who.both });
const ask = async (path: string) => s.fetch(who, 'GET', path, undefined, both());
const told = async (path: string) => (await (await ask(path)).json()) as Fields;

describe('API v1', () => {
  test('food: regular and quick picks, changed in place, deleted', async () => {
    const apple = { name: 'Apple', type: 'food', category: 'Fruit', carbs: 14, portion: 100, unit: 'g' };
    const pick = { name: 'Breakfast', type: 'quickpick', carbs: 40, foods: [apple], hidden: 'false' };
    const [first] = await s.sent(who, 'POST', 'food', [apple, pick]);
    const names = async (path: string) => (await s.read(who, path)).map(({ name }) => name);
    expect((await names('food')).sort()).toEqual(['Apple', 'Breakfast']);
    expect(await names('food/regular')).toEqual(['Apple']);
    expect(await names('food/quickpicks')).toEqual(['Breakfast']);
    expect((await s.fetch(who, 'PUT', 'food', { ...first, carbs: 15 })).status).toBe(200);
    expect(await s.read(who, 'food/regular')).toMatchObject([{ name: 'Apple', carbs: 15 }]);
    expect(await s.asked(who, 'DELETE', `food/${first!._id}`)).toMatchObject({ deletedCount: 1 });
    expect(await names('food')).toEqual(['Breakfast']);
  });

  test('a preview keeps nothing; a count counts', async () => {
    const entry = { type: 'sgv', sgv: 111, date: now, dateString: iso(now), device: 'x' };
    expect(await s.sent(who, 'POST', 'entries/preview', [entry])).toMatchObject([{ sgv: 111 }]);
    expect(await s.read(who, 'entries')).toEqual([]);
    await s.sent(who, 'POST', 'entries', [
      entry,
      { ...entry, date: now - 5 * minute, dateString: iso(now - 5 * minute) },
    ]);
    expect(await told('count/entries/where')).toMatchObject([{ count: 2 }]);
  });

  test('the status in every form in which it is asked for', async () => {
    for (const [suffix, type] of [
      ['.json', 'application/json'],
      ['.txt', 'text/plain'],
      ['.html', 'text/html'],
      ['.js', 'javascript'],
    ] as const) {
      const answer = await ask(`status${suffix}`);
      expect([suffix, answer.status]).toEqual([suffix, 200]);
      expect(answer.headers.get('content-type')).toContain(type);
    }
    expect(await told('adminnotifies')).toMatchObject({ message: { notifies: [] } });
    expect(await (await fetch(`${s.gateway().url}/health`)).json()).toMatchObject({ ok: true });
  });

  test('a list that is too long is 413, and nothing of it is kept', async () => {
    const before = await told('count/treatments/where');
    const list = Array.from({ length: 2_001 }, () => ({
      eventType: 'Note',
      notes: 'x',
      created_at: iso(now),
    }));
    expect((await s.fetch(who, 'POST', 'treatments', list)).status).toBe(413);
    expect(await told('count/treatments/where')).toEqual(before);
  });
});

describe('API v2', () => {
  test('the summary holds the values, basal rates, targets and the state of the last hours', async () => {
    const at = iso(now - minute);
    await s.sent(who, 'POST', 'treatments', [
      { eventType: 'Temp Basal', created_at: at, duration: 30, absolute: 0.8, enteredBy: 'x' },
      { eventType: 'Temporary Target', created_at: at, duration: 60, targetTop: 150, targetBottom: 150 },
      { eventType: 'Meal Bolus', created_at: at, insulin: 2, carbs: 20 },
    ]);
    expect(await told('/api/v2/summary?hours=6')).toMatchObject({
      sgvs: [{ sgv: 111 }, { sgv: 111, mills: now }],
      treatments: {
        tempBasals: [{ absolute: 0.8 }],
        targets: [{ targetTop: 150 }],
        treatments: [{ insulin: 2 }],
      },
      state: { bgnow: { last: 111 } },
    });
    expect(await told('/api/v2/ddata')).toMatchObject({ sgvs: [{}, {}], treatments: [{}, {}, {}] });
  });
});

describe('API v3', () => {
  const collections: [string, Fields][] = [
    ['entries', { type: 'sgv', sgv: 120, device: 'd' }],
    ['treatments', { eventType: 'Note', notes: 'n' }],
    ['devicestatus', { device: 'd', uploaderBattery: 50 }],
    ['profile', { defaultProfile: 'p', store: { p: { dia: 5 } } }],
    ['food', { name: 'Pear', type: 'food', carbs: 12 }],
    ['settings', { theme: 'colors' }],
  ];

  test.each(collections)(
    '%s: created, searched, read, patched, put, deleted, and all of it in its history',
    async (name, fields) => {
      const path = `/api/v3/${name}`;
      const headers = {
        authorization: `Bearer ${(await told(`/api/v2/authorization/request/${who.both}`)).token}`,
      };
      const call = async (method: string, tail: string, body?: unknown) => {
        const response = await s.fetch(who, method, `${path}${tail}`, body, { ...headers, 'api-secret': '' });
        const text = await response.text();
        return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Fields };
      };
      const doc = {
        ...fields,
        app: 'whole',
        date: now - 7 * minute,
        utcOffset: 0,
        identifier: `whole-${name}`,
      };
      expect(await call('POST', '', doc)).toMatchObject({
        status: 201,
        body: { identifier: doc.identifier },
      });
      expect(await call('POST', '', doc)).toMatchObject({ status: 200, body: { isDeduplication: true } });
      expect(await call('GET', `?identifier$eq=${doc.identifier}`)).toMatchObject({
        status: 200,
        body: { result: [fields] },
      });
      const one = `/${doc.identifier}`;
      expect(await call('GET', one)).toMatchObject({ body: { result: { identifier: doc.identifier } } });
      expect((await call('PATCH', one, { note: 'patched' })).status).toBe(200);
      expect(await call('GET', one)).toMatchObject({ body: { result: { ...fields, note: 'patched' } } });
      expect((await call('PUT', one, { ...doc, note: 'put' })).status).toBe(200);
      expect(await call('GET', one)).toMatchObject({ body: { result: { note: 'put' } } });
      expect((await call('DELETE', one)).status).toBe(200);
      expect((await call('GET', one)).status).toBe(410);
      const history = (await call('GET', '/history/0')).body.result as Fields[];
      expect(history.find(({ identifier }) => identifier === doc.identifier)).toMatchObject({
        isValid: false,
      });
    },
  );
});
