// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Zone from '@islet/ingest/Zone';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { split } from './Formats.js';
import * as Identity from './Identity.js';
import * as Json from './Json.js';
import { type Stage, stage, type Who } from './nightscout.testkit.js';
import * as Query from './Query.js';

let s: Stage;
let who: Who;
beforeAll(async () => {
  s = await stage('properties');
  who = await s.someone();
});
afterAll(() => s?.close());

const now = Date.now() - 60_000;
const iso = (at: number) => new Date(at).toISOString();

const name = fc.constantFrom(
  '_id',
  'identifier',
  'date',
  'created_at',
  'eventType',
  'insulin',
  'carbs',
  'duration',
  'absolute',
  'glucose',
  'notes',
  'app',
  'device',
  'utcOffset',
  'sgv',
  'type',
  'dateString',
  'preBolus',
  'store',
  'isValid',
  '__proto__',
  'constructor',
  'secret',
  'pumpId',
  'uuid',
  'eventTime',
  'startDate',
  'bpm',
  'openaps',
  '_islet',
  'srvModified',
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    now,
    iso(now),
    'sgv',
    'Temp Basal',
    'Meal Bolus',
    120,
    '1,5',
    1e308,
    -1,
    '',
    'AAPS',
    'x'.repeat(9000),
  ),
);
const record = fc.dictionary(name, value, { maxKeys: 12 });
const body = fc.oneof(record, fc.array(record, { maxLength: 4 }), fc.jsonValue());
const place = fc.constantFrom(
  'v1/entries',
  'v1/treatments',
  'v1/devicestatus',
  'v1/profile',
  'v1/food',
  'v1/activity',
  'v1/entries/preview',
  'v1/nothing',
  'v1/treatments/x',
  'v1/status',
  'v1/count/entries/where',
  'v3/entries',
  'v3/treatments',
  'v3/settings',
  'v3/profile/x',
  'v3/food/history/0',
  'v3/treatments/abc',
  'v3/lastModified',
  'v2/properties',
  'v2/properties/bgnow',
  'v2/ddata',
  'v2/summary',
  'v2/authorization/subjects',
);
const query = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom(
        'find[date][$gte]',
        'find[x]',
        'find[$or][0][a][$eq]',
        'find[a][$where]',
        'find',
        'find[]',
        'count',
        'sort',
        'limit',
        'date$gt',
        'a$re',
        'fields',
        'hours',
        'units',
      ),
      fc.string({ maxLength: 12 }),
    ),
    fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('10', '-1', '/a.*b/i', iso(now), '(a+)+$', 'NaN')),
  ),
  { maxLength: 3 },
);

test('whatever is asked or sent, wherever, is answered, and by no failure of ours', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
      place,
      fc.constantFrom('', '.json', '.csv', '.xml', '.%00'),
      query,
      body,
      async (method, path, suffix, params, sent) => {
        const search = new URLSearchParams(params).toString();
        const response = await s.fetch(
          who,
          method,
          `/api/${path}${suffix}?${search}`,
          method === 'GET' ? undefined : sent,
          { 'api-secret': who.both },
        );
        await response.arrayBuffer();
        if (response.status >= 500) expect(response.status).toBe(503);
        // A record that could be kept is never refused for want of keys here, so 503 would be a fault of ours too.
        expect(response.status).toBeLessThan(500);
      },
    ),
    { numRuns: 250 },
  );
  expect((await s.fetch(who, 'GET', 'entries')).status).toBe(200);
});

test('a record sent again, alone, in a list or in another order, is kept once; others stay themselves', async () => {
  const own = await s.someone();
  const treatment = fc.record({
    eventType: fc.constantFrom('Carb Correction', 'Note', 'Temp Basal'),
    carbs: fc.integer({ min: 1, max: 5 }),
    notes: fc.constantFrom('a', 'b'),
    created_at: fc.integer({ min: 0, max: 3 }).map((i) => iso(now - i * 1000)),
  });
  const identity = fc.option(
    fc.tuple(fc.constantFrom('identifier', 'syncIdentifier', 'id', 'uuid'), fc.constantFrom('p', 'q')),
    { nil: undefined },
  );
  const sent = new Map<string, string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(treatment, identity), { minLength: 1, maxLength: 3 }),
      async (some) => {
        const rows = some.map(([row, named]) => (named ? { ...row, [named[0]]: named[1] } : row));
        const first = await s.sent(own, 'POST', 'treatments', rows);
        const again = await s.sent(own, 'POST', 'treatments', [...rows].reverse());
        expect(again.reverse().map(({ _id }) => _id)).toEqual(first.map(({ _id }) => _id));
        rows.forEach((row, i) => {
          // The same name is always the same record; another name never is.
          const named = some[i]![1];
          const key = named ? named.join('/') : JSON.stringify([row.created_at, row.eventType, row.carbs]);
          const id = first[i]!._id as string;
          expect(sent.get(key) ?? id).toBe(id);
          sent.set(key, id);
        });
        expect(new Set(sent.values()).size).toBe(sent.size);
      },
    ),
    { numRuns: 25 },
  );
  expect(await s.read(own, 'treatments?count=1000')).toHaveLength(sent.size);
});

describe('the laws of the parts', () => {
  test('one content has one canonical text, which reads back as itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        const value = JSON.parse(JSON.stringify(any)) as Json.Json;
        expect(Json.canonical(JSON.parse(Json.canonical(value)))).toBe(Json.canonical(value));
        expect(JSON.parse(Json.canonical(value))).toEqual(value);
      }),
    );
    expect(Json.canonical({ b: 1, a: [{ d: null, c: 'é' }] })).toBe('{"a":[{"c":"é","d":null}],"b":1}');
  });

  test('secrets do not survive at any depth, and nothing else goes', () => {
    const secrets = [
      'deviceToken',
      'secret',
      'API_SECRET',
      'apnsToken',
      'apn_key',
      'password',
      'accessToken',
    ];
    const nested = secrets.reduce<Json.Json>(
      (inner, name) => ({ [name]: 'HIDDEN', list: [inner], keep: name }),
      1,
    );
    const kept = JSON.stringify(Json.withoutSecrets(nested));
    expect(kept).not.toContain('HIDDEN');
    for (const name of secrets) expect(kept).toContain(`"keep":"${name}"`);
    expect(Json.withoutSecrets({ token_count: 1, device: 'x', secretary: 'y' })).toEqual({
      token_count: 1,
      device: 'x',
      secretary: 'y',
    });
  });

  test('the surest name that both carry decides, and names of different sorts decide nothing', () => {
    expect(Identity.isSame({ identifier: 'a', pump: '1' }, { identifier: 'b', pump: '1' })).toBe(false);
    expect(Identity.isSame({ identifier: 'a', uuid: '1' }, { uuid: '1' })).toBe(true);
    expect(Identity.isSame({ identifier: 'a' }, { uuid: 'a' })).toBeUndefined();
  });

  test('a comparison with $gt is never also one with $lte, for any pair of numbers or moments', () => {
    const zone = Zone.of('UTC');
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        for (const some of [undefined, zone]) {
          expect(Query.passes('$gt', a, String(b), some)).toBe(!Query.passes('$lte', a, String(b), some));
          expect(Query.passes('$eq', a, String(b), some)).toBe(!Query.passes('$ne', a, String(b), some));
        }
      }),
    );
  });

  test('a pattern that could stall is refused', () => {
    for (const bad of ['(a+)+$', 'a{1,9}', '\\w+', '[ab]', '.*.*.*x', 'x'.repeat(65)])
      expect(() => Query.pattern(bad)).toThrow();
    expect(Query.pattern('^Temp.*Start$').test('temp basal start')).toBe(true);
  });

  test('a suffix is taken off only where it is one', () => {
    expect(split('entries.json')).toEqual({ name: 'entries', format: 'json' });
    expect(split('a.b')).toEqual({ name: 'a.b', format: undefined });
  });
});
