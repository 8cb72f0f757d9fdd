// Copyright the Islet authors. AGPL-3.0-or-later.
import { Journal } from '@islet/store/Journal';
import { expect, test } from 'vitest';
import type { Fields } from './Json.js';
import { stage } from './nightscout.testkit.js';

const iso = (at: number) => new Date(at).toISOString();
const dayMs = 86_400_000;

test('what the disk did not take is answered 503 by every version, and is one record once it is sent again', async () => {
  let fails: 'before' | 'after' | undefined;
  const openJournal = async (folder: string) => {
    const journal = await Journal.open(folder);
    const append = journal.append.bind(journal);
    journal.append = async (record) => {
      if (fails === 'after') await append(record);
      if (fails) throw new Error('EIO');
      return append(record);
    };
    return journal;
  };
  const s = await stage('durable', { openJournal });
  try {
    const who = await s.someone();
    const at = Date.now() - 60_000;
    const v1 = [{ eventType: 'Carb Correction', carbs: 10, created_at: iso(at), syncIdentifier: 'a' }];
    const v3 = {
      date: at,
      app: 'AAPS',
      eventType: 'Correction Bolus',
      insulin: 1,
      pumpId: 1,
      pumpType: 'x',
      pumpSerial: 'y',
    };
    const key = { 'api-secret': who.both };
    const both = async () => [
      (await s.fetch(who, 'POST', 'treatments', v1)).status,
      (await s.fetch(who, 'POST', '/api/v3/treatments', v3, key)).status,
    ];
    fails = 'before';
    expect(await both()).toEqual([503, 503]);
    expect(await s.read(who, 'treatments')).toEqual([]);
    fails = undefined;
    expect(await both()).toEqual([200, 201]);
    expect(await both()).toEqual([200, 200]);
    const [carbs] = (await s.read(who, 'treatments?find[carbs]=10')) as [Fields];
    fails = 'before';
    for (const [method, path, body] of [
      ['PUT', 'treatments', { ...v1[0], carbs: 12, _id: carbs._id }],
      ['DELETE', `treatments/${carbs._id}`, undefined],
    ] as const)
      expect((await s.fetch(who, method, path, body)).status).toBe(503);
    // The change and what it replaces stand or fall together.
    fails = undefined;
    expect(await s.held(who, 'carbs/raw')).toMatchObject([{ grams: 10 }]);
    // Written, and then refused: after a restart it is there, and known.
    fails = 'after';
    expect((await s.fetch(who, 'PUT', 'treatments', { ...v1[0], carbs: 15, _id: carbs._id })).status).toBe(
      503,
    );
    fails = undefined;
    await s.restart();
    await s.sent(who, 'PUT', 'treatments', { ...v1[0], carbs: 15, _id: carbs._id });
    expect(await s.held(who, 'carbs/raw')).toMatchObject([{ grams: 15 }]);
    expect(await s.held(who, 'insulin/raw')).toMatchObject([{ units: 1 }]);
    expect(await s.held(who, 'document/raw')).toHaveLength(3);
    expect(s.hub.faults).toEqual([]);
  } finally {
    fails = undefined;
    await s.close();
  }
});

test('a record that left the window is known when it comes again; a late change of it is kept, and counts nothing twice', async () => {
  let skew = 0;
  const s = await stage('beyond', { now: () => Date.now() + skew });
  try {
    const who = await s.someone();
    const row = { eventType: 'Carb Correction', carbs: 10, created_at: iso(Date.now() - 60_000), uuid: 'u' };
    const [first] = await s.sent(who, 'POST', 'treatments', [row]);
    skew = 16 * dayMs;
    await s.restart();
    const all = 'treatments?find[created_at][$gte]=2000-01-01';
    expect(await s.read(who, all)).toEqual([]);
    for (let i = 0; i < 3; i++) {
      const [again] = await s.sent(who, 'POST', 'treatments', [{ ...row, carbs: 12 }]);
      expect(again!._id).toBe(first!._id);
    }
    expect(await s.read(who, all)).toMatchObject([{ carbs: 12, _id: first!._id }]);
    expect(await s.held(who, 'carbs/raw')).toMatchObject([{ grams: 10 }]);
    expect(await s.held(who, 'document/raw')).toHaveLength(2);
    // Nor do later changes of it make readings.
    await s.sent(who, 'PUT', 'treatments', { ...row, carbs: 14, _id: first!._id });
    expect(await s.read(who, all)).toMatchObject([{ carbs: 14 }]);
    expect(await s.held(who, 'carbs/raw')).toMatchObject([{ grams: 10 }]);
  } finally {
    await s.close();
  }
});
