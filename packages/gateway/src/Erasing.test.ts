// Copyright the Islet authors. AGPL-3.0-or-later.
// What a person erases leaves this gateway's memory and every byte of its folder, and does not come back.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as Day from '@islet/core/Day';
import * as ErasureReceipt from '@islet/core/ErasureReceipt';
import type { Reading } from '@islet/core/Reading';
import { parseDone } from '@islet/core/wire/Erasing';
import { Journal } from '@islet/store/Journal';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Dedup from './Dedup.js';
import type { Gateway } from './Gateway.js';
import {
  bundle,
  cgm,
  document,
  get,
  openGateway,
  type Paired,
  pair,
  post,
  postReadings,
  put,
  readingsAtHub,
  settle,
  status,
  today,
  until,
} from './gateway.testkit.js';
import { startHub, type TestHub } from './hub.testkit.js';
import * as Record from './Record.js';
import { erasure, type Scene, startScene } from './scene.testkit.js';

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
  // Where the hub never got what was erased, the chain still says where it stood.
  const stood = ['a tip was never put', 'a chain cites what was never put'];
  expect(hub?.faults.filter((fault) => !stood.includes(fault))).toEqual([]);
  await hub?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const past = today() - 5;
const streams = ['glucose/raw', 'glucose/hour', 'glucose/day', 'note/raw', 'document/raw'] as const;
const runs = { streams, firstDay: past - 1, days: 9 };
const startOf = (day: number) => Day.startOf(day, 0) + 3_600_000;
const note = (day: number, text: string): Reading =>
  ({
    ...(cgm(startOf(day), 1)[0]! as Reading & { kind: 'glucose' }),
    ...({ kind: 'note', text } as object),
  }) as Reading;

let paired: Paired;
let other: Paired;
beforeEach(async () => {
  [paired, other] = [await pair(scene, gateway, runs), await pair(scene, gateway, runs)];
  for (const one of [paired, other])
    for (const day of [past, past + 1]) {
      await postReadings(gateway, one, [...cgm(startOf(day), 50), note(day, `a note of ${day}`)], 'file');
    }
  await settle(gateway, paired);
  await settle(gateway, other);
});

async function erase(names: Parameters<typeof erasure>[2], first = past, last = past) {
  const handover = await erasure(scene, paired.person, names, first, last);
  const response = await fetch(`${gateway.url}/v1/erase`, { method: 'POST', body: Buffer.from(handover) });
  const { receipt } = parseDone(new Uint8Array(await response.arrayBuffer()));
  return { handover, receipt: receipt && (await ErasureReceipt.parse(receipt)) };
}
const inAll = () => erase([], Day.first, Day.last);

const folder = () => join(scene.folder, 'main');
async function bytesOf(path: string): Promise<Buffer> {
  const all: Buffer[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const at = join(path, entry.name);
    // What is just being rewritten may be gone before it is read.
    all.push(entry.isDirectory() ? await bytesOf(at) : await readFile(at).catch(() => Buffer.alloc(0)));
  }
  return Buffer.concat(all);
}
/** Sealed bytes, blinds and dedup ids of the person's days, as they stood in the journal. */
async function secretsOf({ person }: Paired, day: number): Promise<Buffer[]> {
  const localKey = new Uint8Array(await readFile(join(folder(), 'keys', 'local')));
  const ids = cgm(startOf(day), 50).map((r) =>
    Buffer.from(Dedup.idOf(localKey, person.account, r), 'latin1'),
  );
  const mine = [...hub.segments.values()].filter(
    ({ header }) => Buffer.compare(header.account, person.account) === 0 && header.day === day,
  );
  return [...ids, ...mine.flatMap((s) => [Buffer.from(s.header.blind), Buffer.from(s.bytes.subarray(-64))])];
}
const held = async (one: Paired) =>
  (
    (await (await get(gateway, '/api/v1/entries.json?count=1000&find[date][$gte]=0', one.read)).json()) as {
      date: number;
    }[]
  ).map(({ date }) => Day.of(date, 0));
const reopen = async () => {
  await gateway.close();
  gateway = await openGateway(scene, hub, 'main');
};

describe('an erasure of a day', () => {
  test('leaves nothing of it in memory or in any byte of the folder, and all of everybody else’s', async () => {
    const gone = await secretsOf(paired, past);
    const kept = await secretsOf(paired, past + 1);
    const before = await bytesOf(folder());
    for (const secret of [...gone, ...kept]) expect(before.includes(secret)).toBe(true);
    const { receipt } = await erase(['glucose/day', 'glucose/hour', 'glucose/raw', 'note/raw']);
    expect(receipt).toMatchObject({ role: 'gateway', firstDay: past, lastDay: past });
    expect(Object.fromEntries(receipt!.dropped)).toMatchObject({ readings: 51, segments: 4, epochs: 4 });
    const after = await bytesOf(folder());
    for (const secret of gone) expect(after.includes(secret)).toBe(false);
    for (const secret of [...kept, ...(await secretsOf(other, past))])
      expect(after.includes(secret)).toBe(true);
    for (const opened of [false, true]) {
      if (opened) await reopen();
      expect(new Set(await held(paired))).toEqual(new Set([past + 1]));
      expect(new Set(await held(other))).toEqual(new Set([past, past + 1]));
      expect((await status(gateway, paired)).readings).toBe(51);
    }
  });

  test('takes it out of the head, and the other day still opens', async () => {
    await erase(['glucose/day', 'glucose/hour', 'glucose/raw']);
    await settle(gateway, paired);
    const { person } = paired;
    expect(hub.entryOf(person.hex, 'glucose/raw', past)?.closed ?? null).toBeNull();
    expect(await readingsAtHub(scene, person, hub, 'glucose/raw', [past + 1])).toEqual(
      cgm(startOf(past + 1), 50),
    );
    expect(await readingsAtHub(scene, person, hub, 'note/raw', [past])).toHaveLength(1);
  });

  test('closes it: what is sent again is answered and not kept, by any way in', async () => {
    await erase(['glucose/day', 'glucose/hour', 'glucose/raw', 'document/raw']);
    const again = cgm(startOf(past), 50);
    for (const opened of [false, true]) {
      if (opened) await reopen();
      const before = (await status(gateway, paired)).segments.sealed;
      expect(await postReadings(gateway, paired, again, 'again')).toMatchObject({ accepted: 0 });
      const entries = again.slice(0, 3).map((r) => ({ type: 'sgv', sgv: 120, date: r.at + 1, device: 'x' }));
      expect((await post(gateway, '/api/v1/entries', paired.write, entries)).status).toBe(200);
      expect((await status(gateway, paired)).segments.sealed).toBe(before);
    }
    // The next day takes more, on a chain that goes on from the ones before.
    expect(await postReadings(gateway, paired, cgm(startOf(past + 1) + 60_000, 5))).toMatchObject({
      accepted: 5,
    });
    await settle(gateway, paired);
    expect(await readingsAtHub(scene, paired.person, hub, 'glucose/raw', [past + 1])).toHaveLength(55);
  });

  test('is not made again as a summary of readings that stayed', async () => {
    await erase(['glucose/day', 'glucose/hour']);
    await postReadings(gateway, paired, cgm(startOf(past) + 60_000, 30));
    await settle(gateway, paired);
    for (const stream of ['glucose/day', 'glucose/hour'] as const)
      expect(hub.entryOf(paired.person.hex, stream, past)?.closed ?? null).toBeNull();
    expect(await readingsAtHub(scene, paired.person, hub, 'glucose/raw', [past])).toHaveLength(80);
  });

  test('that the hub had not got yet never gets there', async () => {
    hub.down = true;
    const day = past + 2;
    await postReadings(gateway, paired, cgm(startOf(day), 20), 'file');
    await erase(['glucose/raw'], day, day);
    hub.down = false;
    await postReadings(gateway, paired, cgm(startOf(past + 3), 20), 'file');
    await settle(gateway, paired);
    const days = [...hub.segments.values()]
      .filter(({ header }) => Buffer.compare(header.account, paired.person.account) === 0)
      .map(({ header }) => header.day);
    expect(days).not.toContain(day);
    expect(days).toContain(past + 3);
    await hub.anchor();
    await until(async () => {
      const { segments } = await status(gateway, paired);
      return segments.anchored === segments.stored;
    });
  });

  test('cut off after it began is finished at the next start', async () => {
    const gone = await secretsOf(paired, past);
    const handover = await erasure(scene, paired.person, ['glucose/raw', 'note/raw'], past, past);
    await gateway.close();
    {
      // As a crash leaves it: begun in the journal, and nothing rewritten.
      await using journal = await Journal.open(join(folder(), 'journal'));
      const chains = { segments: 8, chains: [] };
      await journal.append(Record.encodeErasing({ account: paired.person.account, handover, ...chains }));
    }
    gateway = await openGateway(scene, hub, 'main');
    expect(new Set(await held(paired))).toEqual(new Set([past + 1]));
    await until(async () => {
      const bytes = await bytesOf(folder());
      return !gone.slice(0, 50).some((secret) => bytes.includes(secret));
    });
    expect(new Set(await held(other))).toEqual(new Set([past, past + 1]));
  });
});

describe('an erasure of everything', () => {
  test('ends the account: its devices, keys and lines are gone, and nothing is taken again', async () => {
    const gone = [...(await secretsOf(paired, past)), ...(await secretsOf(paired, past + 1))];
    await held(paired);
    expect((await inAll()).receipt).toMatchObject({ role: 'gateway' });
    for (const opened of [false, true]) {
      if (opened) await reopen();
      const bytes = await bytesOf(folder());
      for (const secret of gone) expect(bytes.includes(secret)).toBe(false);
      expect((await get(gateway, '/v1/status', paired.read)).status).toBe(401);
      const keys = bundle(paired.person, 'note/raw', { firstDay: past, days: 2 });
      expect(
        (await put(gateway, '/v1/keys', document(scene, paired.person, 'streamKeys', keys))).status,
      ).toBe(410);
      const left = [await readdir(join(folder(), 'accounts')), await readdir(join(folder(), 'looks'))].flat();
      expect(left.some((name) => name.startsWith(paired.person.hex))).toBe(false);
      expect(new Set(await held(other))).toEqual(new Set([past, past + 1]));
    }
  });
});

describe('an erasure is not carried out', () => {
  test('where the patient did not sign it, or for another scope', async () => {
    const { handover } = await erase(['note/raw'], past + 3, past + 3);
    const bad = new Uint8Array(handover);
    bad[bad.length - 40]! ^= 1;
    const answers = [];
    for (const body of [
      bad,
      await erasure(
        scene,
        { ...paired.person, account: other.person.account } as never,
        ['note/raw'],
        past,
        past,
      ).catch(() => bad),
    ]) {
      const response = await fetch(`${gateway.url}/v1/erase`, { method: 'POST', body: Buffer.from(body) });
      answers.push(
        response.status === 200 ? parseDone(new Uint8Array(await response.arrayBuffer())).receipt : null,
      );
    }
    expect(answers).toEqual([null, null]);
    expect((await status(gateway, other)).readings).toBe(102);
  });
});
