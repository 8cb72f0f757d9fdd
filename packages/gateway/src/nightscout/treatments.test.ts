// Copyright the Islet authors. AGPL-3.0-or-later.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { today } from '../gateway.testkit.js';
import { type Stage, stage } from './nightscout.testkit.js';

let s: Stage;
beforeAll(async () => {
  s = await stage('treatments');
});
afterAll(() => s?.close());

const now = Date.now() - 60_000;
const iso = (at: number) => new Date(at).toISOString();

describe('a record of API v1', () => {
  test('is kept whole, sealed to the hub, and turned into readings', async () => {
    const who = await s.someone();
    const bolus = {
      eventType: 'Meal Bolus',
      created_at: iso(now),
      insulin: '2.5',
      carbs: 30,
      notes: 'pasta',
      enteredBy: 'Trio',
      id: 'A-1',
      extra: { any: [1, 'x'] },
    };
    const [answer] = await s.sent(who, 'POST', 'treatments.json', [bolus]);
    expect(answer).toMatchObject({ insulin: 2.5, carbs: 30, notes: 'pasta', extra: { any: [1, 'x'] } });
    expect(answer!._id).toMatch(/^[0-9a-f]{24}$/);
    expect(await s.read(who, 'treatments.json')).toMatchObject([
      { ...bolus, insulin: 2.5, _id: answer!._id },
    ]);
    expect(await s.held(who, 'insulin/raw')).toMatchObject([{ units: 2.5, type: 'bolus', at: now }]);
    expect(await s.held(who, 'carbs/raw')).toMatchObject([{ grams: 30 }]);
    expect(await s.held(who, 'note/raw')).toMatchObject([{ text: 'pasta' }]);
    const [document] = await s.held(who, 'document/raw');
    expect(document).toMatchObject({ kind: 'document', what: 'treatments' });
  });

  test('sent twice is once; changed it is a new version in its place; deleted it is gone, and only from the calendar', async () => {
    const who = await s.someone();
    const row = { eventType: 'Carb Correction', carbs: 10, created_at: iso(now), syncIdentifier: 'S-1' };
    const [a] = await s.sent(who, 'POST', 'treatments', [row]);
    const [b, c] = await s.sent(who, 'POST', 'treatments', [row, row]);
    expect([b!._id, c!._id]).toEqual([a!._id, a!._id]);
    expect(await s.held(who, 'document/raw')).toHaveLength(1);
    await s.sent(who, 'PUT', 'treatments', { ...row, carbs: 20, _id: a!._id });
    expect(await s.read(who, 'treatments')).toMatchObject([
      { carbs: 20, _id: a!._id, syncIdentifier: 'S-1' },
    ]);
    expect(await s.held(who, 'carbs/raw')).toMatchObject([{ grams: 20 }]);
    expect(await s.held(who, 'document/raw')).toHaveLength(2);
    expect(await s.asked(who, 'DELETE', `treatments/${a!._id}`)).toMatchObject({ deletedCount: 1 });
    expect(await s.asked(who, 'DELETE', `treatments/${a!._id}`)).toMatchObject({ deletedCount: 0 });
    expect(await s.read(who, 'treatments')).toEqual([]);
    expect(await s.held(who, 'carbs/raw')).toEqual([]);
    const versions = (await s.held(who, 'document/raw')).map((r) => JSON.parse((r as { text: string }).text));
    expect(versions.map((v) => v._islet?.previous ?? null)).toEqual([
      null,
      a!._id,
      versions[1]._islet.version,
    ]);
    expect(versions[2].isValid).toBe(false);
  });

  test('outlasts a restart with its names, versions and deletions', async () => {
    const own = await stage('restarted');
    const who = await own.someone();
    const rows = ['x', 'y', 'z'].map((id, i) => ({
      eventType: 'Note',
      notes: id,
      created_at: iso(now - i * 1000),
      id,
    }));
    const before = await own.sent(who, 'POST', 'treatments', rows);
    await own.sent(who, 'PUT', 'treatments', { ...rows[1]!, notes: 'changed' });
    await own.asked(who, 'DELETE', `treatments/${before[2]!._id}`);
    const held = await own.read(who, 'treatments');
    await own.restart();
    expect(await own.read(who, 'treatments')).toEqual(held);
    expect(held.map((r) => r.notes)).toEqual(['x', 'changed']);
    const again = await own.sent(who, 'POST', 'treatments', [rows[0]!]);
    expect(again[0]!._id).toBe(before[0]!._id);
    expect(await own.read(who, 'treatments')).toEqual(held);
    await own.close();
  });

  test('of one second without any identity stays itself: two carbs, never one', async () => {
    const who = await s.someone();
    const row = (carbs: number) => ({ eventType: 'Carb Correction', carbs, created_at: iso(now) });
    await s.sent(who, 'POST', 'treatments', [row(10), row(12), row(10)]);
    expect((await s.read(who, 'treatments')).map((r) => r.carbs).sort()).toEqual([10, 12]);
    // A rate that ended sooner is the same record, told anew.
    const temp = { eventType: 'Temp Basal', absolute: 0, created_at: iso(now) };
    await s.sent(who, 'POST', 'treatments', { ...temp, duration: 30 });
    await s.sent(who, 'POST', 'treatments', { ...temp, duration: 12 });
    expect(await s.read(who, 'treatments?find[eventType]=Temp Basal')).toMatchObject([
      { duration: 12, absolute: 0 },
    ]);
    expect(await s.held(who, 'insulin/raw')).toMatchObject([
      { units: 0, type: 'basal', durationMs: 12 * 60_000 },
    ]);
  });

  test('with another identity is another record, whatever else it shares', async () => {
    const who = await s.someone();
    const row = { eventType: 'Correction Bolus', insulin: 1, created_at: iso(now), enteredBy: 'Loop' };
    await s.sent(who, 'POST', 'treatments', [
      { ...row, syncIdentifier: 'a' },
      { ...row, syncIdentifier: 'b' },
      { ...row, uuid: 'c' },
      row,
    ]);
    expect(await s.read(who, 'treatments')).toHaveLength(4);
  });

  test('that splits carbs from the bolus by time makes two, each at its time', async () => {
    const who = await s.someone();
    const row = {
      eventType: 'Meal Bolus',
      insulin: 3,
      carbs: 40,
      preBolus: 15,
      created_at: iso(now - 3_600_000),
    };
    expect(await s.sent(who, 'POST', 'treatments', [row])).toHaveLength(1);
    const found = await s.read(who, 'treatments');
    expect(found.map((r) => [r.carbs ?? null, r.insulin ?? null, r.created_at])).toEqual([
      [40, null, iso(now - 3_600_000 + 15 * 60_000)],
      [null, 3, iso(now - 3_600_000)],
    ]);
  });

  test('`eventTime` is its time and is not kept; numbers written as texts are numbers; zero suspends', async () => {
    const who = await s.someone();
    await s.sent(who, 'POST', 'treatments', {
      eventType: 'Temp Basal',
      eventTime: iso(now - 1000),
      created_at: iso(now),
      duration: '30',
      absolute: '0',
      carbs: '0',
      notes: '',
      glucose: 'x',
      units: 'mmol',
    });
    const [found] = await s.read(who, 'treatments');
    expect(found).toMatchObject({ created_at: iso(now - 1000), duration: 30, absolute: 0 });
    for (const name of ['eventTime', 'carbs', 'notes', 'glucose', 'units'])
      expect(found).not.toHaveProperty(name);
  });

  test('loses its secrets before anything is written', async () => {
    const who = await s.someone();
    const loop = {
      defaultProfile: 'Default',
      startDate: iso(now),
      units: 'mg/dL',
      store: { Default: { dia: 6, basal: [{ time: '00:00', value: 1, timeAsSeconds: 0 }] } },
      loopSettings: { deviceToken: 'aabbccdd', bundleIdentifier: 'com.loop', dosingEnabled: true },
      secret: 'x',
    };
    await s.sent(who, 'POST', 'profile', [loop]);
    const [found] = await s.read(who, 'profile.json?count=1');
    expect(found).toMatchObject({ loopSettings: { bundleIdentifier: 'com.loop' }, store: loop.store });
    const kept = JSON.stringify([await s.held(who, 'document/raw'), await s.held(who, 'profile/raw')]);
    expect(kept).not.toMatch(/aabbccdd|deviceToken|"secret"/);
    expect(await s.held(who, 'profile/raw')).toMatchObject([{ kind: 'profile', what: 'Default' }]);
  });

  test('of a day without keys is changed in its place too, among what waits for the wallet', async () => {
    const who = await s.someone({ streams: ['carbs/raw', 'document/raw'], firstDay: today() + 2, days: 1 });
    const row = (carbs: number, id: string) => ({
      eventType: 'Carb Correction',
      carbs,
      created_at: iso(now),
      id,
    });
    await s.sent(who, 'POST', 'treatments', [row(10, 'a'), row(20, 'b')]);
    await s.sent(who, 'PUT', 'treatments', row(30, 'a'));
    const late = await s.late(who, 'carbs/raw');
    expect(late.map((r) => r.kind === 'carbs' && r.grams).sort()).toEqual([20, 30]);
  });

  test('is refused with 503 where there is no key to seal it to, so that clients keep it', async () => {
    const who = await s.someone({ streams: ['glucose/raw'], firstDay: today() - 1, days: 3 });
    const told = await s.fetch(who, 'POST', 'treatments', [
      { eventType: 'Note', notes: 'x', created_at: iso(now) },
    ]);
    expect(told.status).toBe(503);
    expect(told.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});
