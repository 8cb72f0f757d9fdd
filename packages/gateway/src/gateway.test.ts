// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Wire from '@islet/chain/Wire';
import * as Content from '@islet/core/Content';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Counts from '@islet/core/metrics/Counts';
import * as Points from '@islet/core/metrics/Points';
import type { Reading } from '@islet/core/Reading';
import { Journal } from '@islet/store/Journal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from './Gateway.js';
import {
  bundle,
  cgm,
  document,
  get,
  ingestBody,
  ok,
  openAtHub,
  openGateway,
  type Paired,
  pair,
  post,
  postReadings,
  put,
  putKeys,
  question,
  readingsAtHub,
  settle,
  status,
  today,
  until,
} from './gateway.testkit.js';
import { startHub, type TestHub } from './hub.testkit.js';
import type { Kept } from './Kept.js';
import {
  circle,
  gatewayMessage,
  grant,
  newPerson,
  revoke,
  type Scene,
  sayOfCircle,
  startScene,
} from './scene.testkit.js';

const dayMs = 86_400_000;
let scene: Scene;
let hub: TestHub;
let gateway: Gateway;
beforeAll(async () => {
  scene = await startScene();
  hub = await startHub(scene);
  gateway = await openGateway(scene, hub, 'main');
});
afterAll(async () => {
  await gateway?.close();
  expect(hub?.faults).toEqual([]);
  await hub?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const past = today() - 5;
const glucose = ['glucose/raw', 'glucose/hour', 'glucose/day'] as const;
const runs = { streams: glucose, firstDay: past - 1, days: 8 };
const at = (day: number, hour = 0) => Day.startOf(day, 0) + hour * 3_600_000;
const refusal = async (asked: Promise<Response>) => {
  const response = await asked;
  return `${response.status} ${((await response.json()) as { code: string }).code}`;
};

describe('from a reading to the hub', () => {
  test('what is posted is sealed, put, listed, anchored, and opens with both locks', async () => {
    const paired = await pair(scene, gateway, runs);
    const readings = cgm(at(past), 288);
    expect(await postReadings(gateway, paired, readings, 'first')).toMatchObject({
      accepted: 288,
      duplicates: 0,
      late: 0,
      days: 1,
    });
    // The day, and its two summaries.
    expect(await settle(gateway, paired)).toEqual({ days: 1, segments: 3 });
    expect(await readingsAtHub(scene, paired.person, hub, 'glucose/raw', [past])).toEqual(readings);
    await hub.anchor();
    await until(async () => (await status(gateway, paired)).segments.anchored === 3);
  });

  test('the wallet is told day by day what was received, is stored and is anchored; a device is not', async () => {
    const paired = await pair(scene, gateway, runs);
    const daysOf = (statement: string, from = past - 1, to = past + 1) =>
      fetch(`${gateway.url}/v1/days?from=${Day.format(from)}&to=${Day.format(to)}`, {
        headers: { 'x-islet-statement': statement },
      });
    const asked = async () =>
      (await (await ok(daysOf(question(scene, paired.person, Date.now(), 'askDays')))).json()) as Kept;
    expect(await asked()).toEqual({ days: [], backlog: { waiting: 0, refused: 0, unanchored: 0 } });
    await postReadings(gateway, paired, [...cgm(at(past), 288), ...cgm(at(past + 1), 10)]);
    const received = await asked();
    expect(received.days.map(({ day, stream, received: n }) => [day, stream, n])).toEqual([
      [Day.format(past), 'glucose/raw', 288],
      [Day.format(past + 1), 'glucose/raw', 10],
    ]);
    await settle(gateway, paired);
    const stored = await asked();
    expect(stored.days.every((d) => d.closed && d.segments === 1 && d.stored === 1)).toBe(true);
    expect(stored.backlog).toMatchObject({ waiting: 0, refused: 0 });
    await hub.anchor();
    await until(async () => (await asked()).backlog.unanchored === 0);
    expect((await asked()).days.every((d) => d.anchored === 1)).toBe(true);
    expect(await refusal(daysOf(question(scene, paired.person)))).toBe('401 GATEWAY_BAD_STATEMENT');
    expect(await refusal(get(gateway, '/v1/days', paired.read))).toBe('400 GATEWAY_MALFORMED');
    const wide = daysOf(question(scene, paired.person, Date.now(), 'askDays'), past - 500, past);
    expect(await refusal(wide)).toBe('400 GATEWAY_MALFORMED');
  });

  test('importing twice adds nothing, and one record heard by two posts at once counts once', async () => {
    const paired = await pair(scene, gateway, runs);
    const readings = cgm(at(past), 100);
    await Promise.all([
      postReadings(gateway, paired, readings, 'a'),
      postReadings(gateway, paired, readings, 'b'),
    ]).then((answers) => {
      expect(answers.map((a) => a.accepted).sort()).toEqual([0, 100]);
      expect(answers.map((a) => a.duplicates).sort()).toEqual([0, 100]);
    });
    const before = (await settle(gateway, paired)).segments;
    expect(await postReadings(gateway, paired, readings, 'c')).toMatchObject({
      accepted: 0,
      duplicates: 100,
    });
    expect((await settle(gateway, paired)).segments).toBe(before);
    expect(await readingsAtHub(scene, paired.person, hub, 'glucose/raw', [past])).toEqual(readings);
  });

  test('another value of the same moment is another reading, unless the source gives both one identity', async () => {
    const paired = await pair(scene, gateway, runs);
    const [reading] = cgm(at(past), 1) as [Reading & { kind: 'glucose' }];
    const named = { ...reading, source: { ...reading.source, id: 'X:1' } };
    const posted = [reading, { ...reading, value: 99 }, named, { ...named, value: 98 }];
    expect(await postReadings(gateway, paired, posted)).toMatchObject({ accepted: 3, duplicates: 1 });
    const other = { ...named, source: { ...named.source, id: 'X:2' } };
    expect(await postReadings(gateway, paired, [other])).toMatchObject({ accepted: 1 });
  });

  test('a night on which the clocks change lies in the stream day of its fixed offset', async () => {
    const paired = await pair(scene, gateway, { ...runs, dayOffsetMinutes: 60 });
    const start = Day.startOf(past, 60);
    // Summer time ends: the offset goes from 120 to 60, and an hour of local time comes twice.
    const readings = cgm(start, 12 * 24).map((r) => ({
      ...r,
      offsetMinutes: r.at < start + 2 * 3_600_000 ? 120 : 60,
      said: '02:30',
    }));
    expect(await postReadings(gateway, paired, readings, 'night')).toMatchObject({ accepted: 288, days: 1 });
    await settle(gateway, paired);
    expect(await readingsAtHub(scene, paired.person, hub, 'glucose/raw', [past])).toEqual(readings);
    const hours = (await summaryOf(paired, 'glucose/hour', past)).parts.map((p) => [p.index, p.counts.n]);
    expect(hours).toEqual(Array.from({ length: 24 }, (_, hour) => [hour, 12]));
  });

  test('a day without a key goes to the late key, and the head lists it', async () => {
    const paired = await pair(scene, gateway, runs);
    const readings = cgm(at(past - 100), 12);
    expect(await postReadings(gateway, paired, readings, 'old')).toMatchObject({ accepted: 12, late: 12 });
    await settle(gateway, paired);
    const late = hub.headOf(paired.person.hex, 'glucose/raw')!.statement.late;
    expect(late).toHaveLength(1);
    expect(await openAtHub(scene, paired.person, hub, late[0]!)).toEqual({ kind: 'readings', readings });
    expect(await status(gateway, paired)).toMatchObject({ late: 1, daysWithoutKeys: 1 });
    expect(await postReadings(gateway, paired, readings)).toMatchObject({ accepted: 0, duplicates: 12 });
    expect(
      await ok(post(gateway, '/v1/withdraw', paired.write, { importId: 'old' })).then((r) => r.json()),
    ).toEqual({
      readings: 12,
      days: 1,
    });
    expect(await status(gateway, paired)).toMatchObject({ late: 0, readings: 0 });
  });

  test('late readings go to their days when keys come, the others stay late', async () => {
    const paired = await pair(scene, gateway, runs);
    const { person } = paired;
    const [one, other] = [cgm(at(past - 100), 12), cgm(at(past - 300), 5)];
    await postReadings(gateway, paired, [...one, ...other]);
    expect(await status(gateway, paired)).toMatchObject({ late: 2 });
    await putKeys(scene, gateway, person, { streams: glucose, firstDay: past - 110, days: 20 });
    await settle(gateway, paired);
    expect(await readingsAtHub(scene, person, hub, 'glucose/raw', [past - 100])).toEqual(one);
    const late = hub.headOf(person.hex, 'glucose/raw')!.statement.late;
    expect(late).toHaveLength(1);
    expect(await openAtHub(scene, person, hub, late[0]!)).toEqual({ kind: 'readings', readings: other });
    expect(await status(gateway, paired)).toMatchObject({ late: 1, readings: 17 });
    expect(await postReadings(gateway, paired, [...one, ...other])).toMatchObject({ accepted: 0 });
    await putKeys(scene, gateway, person, { streams: glucose, firstDay: past - 310, days: 20 });
    await settle(gateway, paired);
    expect(hub.headOf(person.hex, 'glucose/raw')!.statement.late).toEqual([]);
    expect(await readingsAtHub(scene, person, hub, 'glucose/raw', [past - 300])).toEqual(other);
  });

  test('a person whose wallet has sent no keys is told so, and nothing is taken', async () => {
    const paired = await pair(scene, gateway);
    expect(await refusal(post(gateway, '/v1/readings', paired.write, ingestBody(cgm(at(past), 1))))).toBe(
      '409 GATEWAY_NO_KEYS',
    );
    await putKeys(scene, gateway, paired.person, { ...runs, streams: ['glucose/raw'] });
    const carbs = { ...cgm(at(past), 1)[0]!, kind: 'carbs', grams: 3 } as unknown as Reading;
    expect(await refusal(post(gateway, '/v1/readings', paired.write, ingestBody([carbs])))).toBe(
      '409 GATEWAY_NO_KEYS',
    );
    expect(await postReadings(gateway, paired, cgm(at(past), 1))).toMatchObject({ accepted: 1 });
  });

  test('a gateway that the person has ended takes nothing more', async () => {
    const paired = await pair(scene, gateway, runs);
    await postReadings(gateway, paired, cgm(at(past), 1));
    await gatewayMessage(scene, paired.person, 'endGateway', gateway.gatewayKey);
    await until(async () => (await status(gateway, paired)).authorised === false);
    expect(await refusal(post(gateway, '/v1/readings', paired.write, ingestBody(cgm(at(past), 2))))).toBe(
      '503 GATEWAY_NOT_AUTHORISED',
    );
    const body = document(scene, paired.person, 'streamKeys', bundle(paired.person, 'glucose/raw', runs));
    expect(await refusal(put(gateway, '/v1/keys', body))).toBe('403 GATEWAY_NOT_AUTHORISED');
  });
});

async function summaryOf(paired: Paired, stream: 'glucose/day' | 'glucose/hour', day: number) {
  const entry = hub.entryOf(paired.person.hex, stream, day)!;
  const content = await openAtHub(scene, paired.person, hub, entry.closed!);
  if (content.kind !== 'summary') throw new Error('not a summary');
  return content.summary;
}

const revisionOf = (paired: Paired, day: number): number => {
  const { closed } = hub.entryOf(paired.person.hex, 'glucose/day', day)!;
  const { epochHash } = hub.segments.get(toHex(closed!))!.header;
  return hub.epochs.get(toHex(epochHash))!.header.revision;
};

describe('a past day', () => {
  test('closes into one segment, and its summaries are the counts of its readings', async () => {
    const paired = await pair(scene, gateway, runs);
    const meter = cgm(at(past, 5) + 1, 3).map((r) => ({ ...r, method: 'meter' }) as Reading);
    const readings = [...cgm(at(past), 100), ...cgm(at(past, 12), 2), ...meter];
    for (let i = 0; i < readings.length; i += 40)
      await postReadings(gateway, paired, readings.slice(i, i + 40));
    await settle(gateway, paired);
    const entry = hub.entryOf(paired.person.hex, 'glucose/raw', past)!;
    expect(entry.open).toEqual([]);
    const sorted = readings.toSorted((a, b) => a.at - b.at);
    expect(await openAtHub(scene, paired.person, hub, entry.closed!)).toEqual({
      kind: 'readings',
      readings: sorted,
    });

    const points = Points.fromReadings(readings);
    expect(await summaryOf(paired, 'glucose/day', past)).toEqual({
      intervalMinutes: 5,
      parts: [{ index: 0, counts: Counts.of(points) }],
    });
    const hours = await summaryOf(paired, 'glucose/hour', past);
    // The hour of two readings is left out: it would say too much of each.
    expect(hours.parts.map((p) => p.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { index, counts } of hours.parts) {
      const inside = points.filter((p) => p.at >= at(past, index) && p.at < at(past, index + 1));
      expect(counts).toEqual(Counts.of(inside));
    }
  });

  test('takes in what comes later; its summaries change only for twelve readings or more', async () => {
    const paired = await pair(scene, gateway, runs);
    await postReadings(gateway, paired, cgm(at(past), 100), 'import');
    await settle(gateway, paired);
    const first = hub.entryOf(paired.person.hex, 'glucose/day', past)!.closed!;
    await postReadings(gateway, paired, cgm(at(past, 10), 11));
    await settle(gateway, paired);
    expect(hub.entryOf(paired.person.hex, 'glucose/raw', past)!.open).toEqual([]);
    expect(await readingsAtHub(scene, paired.person, hub, 'glucose/raw', [past])).toHaveLength(111);
    expect(hub.entryOf(paired.person.hex, 'glucose/day', past)!.closed).toEqual(first);
    await postReadings(gateway, paired, cgm(at(past, 20), 1));
    await settle(gateway, paired);
    expect((await summaryOf(paired, 'glucose/day', past)).parts[0]!.counts.n).toBe(112);
    expect(revisionOf(paired, past)).toBe(1);
  });

  test('of fewer than three readings has no summary', async () => {
    const paired = await pair(scene, gateway, runs);
    await postReadings(gateway, paired, cgm(at(past), Content.minimum - 1));
    await settle(gateway, paired);
    expect(hub.headOf(paired.person.hex, 'glucose/day')).toBeDefined();
    expect(hub.entryOf(paired.person.hex, 'glucose/day', past)).toBeUndefined();
  });

  test('closes by itself when the account is quiet, and today does not', async () => {
    const paired = await pair(scene, gateway, runs);
    await postReadings(gateway, paired, cgm(at(past), 3));
    await postReadings(gateway, paired, cgm(Date.now(), 1));
    await until(() => hub.entryOf(paired.person.hex, 'glucose/raw', past)?.closed != null);
    expect(hub.entryOf(paired.person.hex, 'glucose/raw', today())).toMatchObject({ closed: null });
  });

  test('an import undone leaves nothing listed, and can be made again', async () => {
    const paired = await pair(scene, gateway, runs);
    const mine = cgm(at(past), 50);
    await postReadings(gateway, paired, mine);
    await postReadings(gateway, paired, cgm(at(past, 10), 50), 'wrong');
    await postReadings(gateway, paired, cgm(at(past + 1), 50), 'wrong');
    await settle(gateway, paired);
    const undo = () => post(gateway, '/v1/withdraw', paired.write, { importId: 'wrong' });
    expect(await (await ok(undo())).json()).toEqual({ readings: 100, days: 2 });
    await settle(gateway, paired);
    expect(await readingsAtHub(scene, paired.person, hub, 'glucose/raw', [past, past + 1])).toEqual(mine);
    expect(hub.entryOf(paired.person.hex, 'glucose/raw', past + 1)).toEqual({ closed: null, open: [] });
    expect(hub.entryOf(paired.person.hex, 'glucose/day', past + 1)).toEqual({ closed: null, open: [] });
    expect((await summaryOf(paired, 'glucose/day', past)).parts[0]!.counts.n).toBe(50);
    expect(await refusal(undo())).toBe('404 GATEWAY_IMPORT_UNKNOWN');
    expect(await postReadings(gateway, paired, cgm(at(past + 1), 50), 'right')).toMatchObject({
      accepted: 50,
    });
  });
});

describe('epochs', () => {
  /** The gateway follows once a second. */
  const seen = async (paired: Paired, by = gateway): Promise<void> => {
    const head = await scene.rpc.call('eth_blockNumber', [], Wire.count);
    await until(async () => ((await status(by, paired)).chain.block ?? 0) >= head);
  };

  const epochOfLast = async (paired: Paired, reading: Reading, by = gateway): Promise<string> => {
    await postReadings(by, paired, [reading]);
    await settle(by, paired);
    const { tip } = hub.headOf(paired.person.hex, 'glucose/raw')!.statement;
    return toHex(hub.segments.get(toHex(tip!.hash))!.header.epochHash);
  };

  test('a revocation seen on chain ends the open one; without any event it goes on', async () => {
    const paired = await pair(scene, gateway, runs);
    const readings = cgm(Date.now(), 4);
    const grantId = await grant(scene, paired.person);
    await seen(paired);
    const first = await epochOfLast(paired, readings[0]!);
    expect(await epochOfLast(paired, readings[1]!)).toBe(first);
    await revoke(scene, paired.person, grantId);
    await seen(paired);
    const second = await epochOfLast(paired, readings[2]!);
    expect(second).not.toBe(first);
    expect(await epochOfLast(paired, readings[3]!)).toBe(second);
  });

  test('who is taken out of the patient’s circle ends the open one, and so does its end; another patient’s does not', async () => {
    const paired = await pair(scene, gateway, runs);
    const [keeper, carer, other] = await Promise.all([1, 2, 3].map(() => newPerson(scene)));
    const readings = cgm(Date.now(), 5);
    const id = await circle(scene, paired.person, keeper!, carer!);
    const others = await circle(scene, other!, keeper!, carer!);
    await seen(paired);
    const first = await epochOfLast(paired, readings[0]!);
    const out = { by: keeper!.account, reader: carer!.account };
    await sayOfCircle(scene, keeper!, 'dismiss', { ...out, circle: others });
    await seen(paired);
    expect(await epochOfLast(paired, readings[1]!)).toBe(first);
    await sayOfCircle(scene, keeper!, 'dismiss', { ...out, circle: id });
    await seen(paired);
    const second = await epochOfLast(paired, readings[2]!);
    expect(second).not.toBe(first);
    await sayOfCircle(scene, paired.person, 'endCircle', { circle: id, patient: paired.person.account });
    await seen(paired);
    expect(await epochOfLast(paired, readings[3]!)).not.toBe(second);
  });

  /** What is over in a minute ends the open epoch then, and not before. */
  const endsInAMinute = async (name: string, begin: (paired: Paired, until: number) => Promise<unknown>) => {
    let skew = 0;
    const own = await openGateway(scene, hub, name, { now: () => Date.now() + skew });
    const paired = await pair(scene, own, runs);
    await begin(paired, Math.floor(Date.now() / 1000) + 60);
    await seen(paired, own);
    const readings = cgm(Date.now(), 3) as [Reading, Reading, Reading];
    const first = await epochOfLast(paired, readings[0], own);
    skew = 30_000;
    expect(await epochOfLast(paired, readings[1], own)).toBe(first);
    skew = 61_000;
    expect(await epochOfLast(paired, readings[2], own)).not.toBe(first);
    await own.close();
  };

  test('a grant that runs out ends the open one', () =>
    endsInAMinute('expiry', ({ person }, until) => grant(scene, person, until)));

  test('a circle that is over ends the open one', async () => {
    const [keeper, carer] = await Promise.all([newPerson(scene), newPerson(scene)]);
    await endsInAMinute('over', ({ person }, until) => circle(scene, person, keeper, carer, until));
  });
});

describe('when something fails', () => {
  /** A journal that refuses while it is told to, after writing or before. */
  const failingJournal = (fails: { now: 'before' | 'after' | 'not' }) => async (folder: string) => {
    const journal = await Journal.open(folder);
    const append = journal.append.bind(journal);
    journal.append = async (record) => {
      if (fails.now === 'not') return append(record);
      if (fails.now === 'after') await append(record);
      throw new Error('EIO');
    };
    return journal;
  };

  test('nothing is acknowledged that the journal did not take', async () => {
    const fails = { now: 'not' as 'before' | 'after' | 'not' };
    const own = await startHub(scene);
    const first = await openGateway(scene, own, 'failing', { openJournal: failingJournal(fails) });
    const paired = await pair(scene, first, runs);
    const readings = cgm(Date.now(), 3);
    await postReadings(first, paired, readings.slice(0, 1));
    await settle(first, paired);
    fails.now = 'before';
    const body = ingestBody(readings.slice(1, 2));
    expect(await refusal(post(first, '/v1/readings', paired.write, body))).toBe('503 GATEWAY_NOT_DURABLE');
    const entry = { type: 'sgv', sgv: 100, date: Date.now() };
    expect(await refusal(post(first, '/api/v1/entries', paired.write, [entry]))).toBe(
      '503 GATEWAY_NOT_DURABLE',
    );
    expect(await status(first, paired)).toMatchObject({ readings: 1, segments: { sealed: 1 } });
    // The disk is well again: what was lost went with its chain and its numbers.
    fails.now = 'not';
    expect(await postReadings(first, paired, readings.slice(1, 2))).toMatchObject({ accepted: 1 });
    await settle(first, paired);
    expect(await readingsAtHub(scene, paired.person, own, 'glucose/raw', [today()])).toHaveLength(2);
    // Now it writes and then refuses, and refuses all that follows, as the journal's contract has it.
    fails.now = 'after';
    const last = ingestBody(readings.slice(2));
    expect(await refusal(post(first, '/v1/readings', paired.write, last))).toBe('503 GATEWAY_NOT_DURABLE');
    fails.now = 'before';
    expect(await refusal(post(first, '/v1/readings', paired.write, last))).toBe('503 GATEWAY_NOT_DURABLE');
    await first.close();
    const again = await openGateway(scene, own, 'failing');
    expect(await postReadings(again, paired, readings)).toMatchObject({ duplicates: 3 });
    await settle(again, paired);
    expect(await readingsAtHub(scene, paired.person, own, 'glucose/raw', [today()])).toHaveLength(3);
    expect(own.faults).toEqual([]);
    await again.close();
    await own[Symbol.asyncDispose]();
  });

  test('posts wait in the clients while custodians are away, and go on when they are back', async () => {
    const paired = await pair(scene, gateway, { ...runs, streams: ['glucose/raw'] });
    await postReadings(gateway, paired, cgm(at(past), 1));
    const more = { firstDay: runs.firstDay + runs.days, days: 5, streams: ['glucose/raw'] as const };
    scene.custodians[1]!.down = true;
    await putKeys(scene, gateway, paired.person, more);
    const body = ingestBody(cgm(at(more.firstDay), 1));
    const refused = post(gateway, '/v1/readings', paired.write, body);
    expect(await refusal(refused)).toBe('503 GATEWAY_CUSTODIAN_UNREACHABLE');
    expect(await postReadings(gateway, paired, cgm(at(past, 1), 1))).toMatchObject({ accepted: 1 });
    scene.custodians[1]!.down = false;
    await until(async () => (await post(gateway, '/v1/readings', paired.write, body)).status === 200);
  });

  test('a hub that is away gets everything later, over a restart too, and one refused account holds up no other', async () => {
    const own = await startHub(scene);
    const first = await openGateway(scene, own, 'backlog', { settleTimeoutMs: 300 });
    const paired = await pair(scene, first, runs);
    const other = await pair(scene, first, runs);
    own.down = true;
    await postReadings(first, paired, cgm(at(past), 20), 'x');
    await postReadings(first, other, cgm(at(past), 20), 'x');
    expect(await refusal(post(first, '/v1/settle', paired.write, {}))).toBe('503 GATEWAY_NOT_SETTLED');
    expect((await status(first, paired)).backlog.segments).toBeGreaterThan(0);
    await first.close();
    own.down = false;
    own.refuse.add(other.person.hex);
    const second = await openGateway(scene, own, 'backlog', { settleTimeoutMs: 5_000 });
    await settle(second, paired);
    expect(await readingsAtHub(scene, paired.person, own, 'glucose/raw', [past])).toHaveLength(20);
    await until(async () => (await status(second, other)).backlog.refused > 0);
    await second.close();
    own.refuse.clear();
    const third = await openGateway(scene, own, 'backlog', { settleTimeoutMs: 8_000 });
    await settle(third, other);
    expect(await readingsAtHub(scene, other.person, own, 'glucose/raw', [past])).toHaveLength(20);
    await third.close();
    expect(own.faults).toEqual([]);
    await own[Symbol.asyncDispose]();
  });
});

describe('the local window', () => {
  test('is there after a restart, and gone after sixteen days, with the readings’ days waiting for the wallet', async () => {
    let skew = 0;
    const now = () => Date.now() + skew;
    const options = { now, settleTimeoutMs: 10_000 };
    const first = await openGateway(scene, hub, 'window', options);
    const paired = await pair(scene, first, runs);
    const readings = cgm(at(past), 30);
    await postReadings(first, paired, readings, 'an import');
    await settle(first, paired);
    await first.close();

    const entries = `/api/v1/entries.json?count=100&find[date][$gte]=${at(past)}`;
    const second = await openGateway(scene, hub, 'window', options);
    expect(await (await ok(get(second, entries, paired.read))).json()).toHaveLength(30);
    expect(await postReadings(second, paired, readings)).toMatchObject({ duplicates: 30 });
    await postReadings(second, paired, cgm(at(past, 20), 3));
    await settle(second, paired);
    expect(hub.entryOf(paired.person.hex, 'glucose/raw', past)!.open).toEqual([]);
    await second.close();

    skew = 16 * dayMs;
    const third = await openGateway(scene, hub, 'window', options);
    expect(await (await ok(get(third, entries, paired.read))).json()).toHaveLength(0);
    expect(await postReadings(third, paired, readings)).toMatchObject({ duplicates: 30 });
    await postReadings(third, paired, cgm(at(past, 22), 13));
    await settle(third, paired);
    // Never closed anew from the part that is left.
    const entry = hub.entryOf(paired.person.hex, 'glucose/raw', past)!;
    expect(entry.closed).not.toBeNull();
    expect(entry.open).toHaveLength(1);
    expect(await readingsAtHub(scene, paired.person, hub, 'glucose/raw', [past])).toHaveLength(46);
    expect((await summaryOf(paired, 'glucose/day', past)).parts[0]!.counts.n).toBe(30);
    expect(await status(third, paired)).toMatchObject({ waitsForWallet: 1 });
    await third.close();
  });
});

test('two gateways never share a folder', async () => {
  await expect(openGateway(scene, hub, 'main')).rejects.toMatchObject({ code: 'FOLDER_LOCKED' });
});
