// Copyright the Islet authors. AGPL-3.0-or-later.
// What a person erases leaves the hub’s disk and does not come back; other people’s receipts hold as before.
import { readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as Ask from '@islet/core/Ask';
import { fromHex, to0x, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Day from '@islet/core/Day';
import * as ErasureReceipt from '@islet/core/ErasureReceipt';
import * as Message from '@islet/core/Message';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { encodeList } from '@islet/core/wire/Ask';
import * as Erasing from '@islet/core/wire/Erasing';
import { parseFetched } from '@islet/core/wire/Fetch';
import { askName, parseReceipts } from '@islet/core/wire/Receipts';
import { encodeRelay } from '@islet/core/wire/Relay';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Hub } from './Hub.js';
import * as Scene from './scene.testkit.js';
import * as W from './writer.testkit.js';

let chain: Scene.Chain;
let hub: Hub;
let custodian: { server: Server; url: string; handed: Uint8Array[]; answers: boolean };
const ask: Scene.Ask = (path, init) => hub.app.request(path, init);
const day = 46_000;

async function startCustodian(): Promise<typeof custodian> {
  const made: typeof custodian = { server: createServer(), url: '', handed: [], answers: false };
  made.server.on('request', async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const handover = new Uint8Array(Buffer.concat(parts));
    made.handed.push(handover);
    if (!made.answers) return response.writeHead(503).end();
    const { message } = Erasing.parseOrder(handover)!.signed;
    const confirm: Message.Confirm = {
      chain: message.chain,
      target: message.target,
      ...{ erasureId: message.erasureId, custodian: 1, receiptHash: Scene.random(32) },
      deadline: message.deadline,
    };
    const signed = Message.sign(Message.confirm, confirm, new Uint8Array(32).fill(51));
    const done = { receipt: Scene.random(9), confirm: encodeSigned(Message.confirm, signed) };
    response.end(Buffer.from(Erasing.encodeDone(done)));
  });
  await new Promise<void>((listening) => made.server.listen(0, '127.0.0.1', listening));
  made.url = `http://127.0.0.1:${(made.server.address() as AddressInfo).port}`;
  return made;
}

const open = () => Scene.openHub(chain, 'hub', [], { custodianUrls: [custodian.url] });
beforeAll(async () => {
  chain = await Scene.startChain();
  custodian = await startCustodian();
  hub = await open();
});
afterAll(async () => {
  await hub?.close();
  custodian?.server.close();
  await chain?.[Symbol.asyncDispose]();
});

let patient: Scene.Person;
let raw: W.Writer;
let days: W.Sealed[];
let body: Uint8Array;
let late: W.Sealed;
beforeEach(async () => {
  patient = Scene.person();
  raw = await W.writer(patient.account);
  await Scene.join_(chain, ask, patient, raw.key.publicKey);
  days = [await W.seal(raw, day), await W.seal(raw, day), await W.seal(raw, day + 1)];
  W.list(raw, days);
  late = await W.seal(raw, null);
  body = W.putOf([...days, late], [await W.head(raw, [late.segment.hash])]);
  await Scene.ok(Scene.post(ask, '/v1/put', body));
  await allAnchored();
});

async function allAnchored(): Promise<void> {
  const { hot } = hub.context.archive;
  while (
    hub.context.batcher.anchored?.batch.leafTo !== hot.leafCount ||
    hot.headAt >= hub.context.batcher.anchored.batch.through
  )
    await new Promise((done) => setTimeout(done, 20));
}

type About = Parameters<typeof Scene.erasure>[2];
const everything: About = { streams: [], firstDay: Day.first, lastDay: Day.last };
const oneDay: About = { streams: ['glucose/raw'], firstDay: day, lastDay: day };

/** Has the chain record it and waits for the hub's receipt. */
async function erase(about: About) {
  const made = Scene.erasure(chain, patient, about);
  await Scene.ok(Scene.post(ask, '/v1/relay', made.relay));
  await receiptOf(made.id);
  return made;
}
async function receiptOf(id: string): Promise<ErasureReceipt.Receipt> {
  for (;;) {
    const told = (await (await Scene.ok(Promise.resolve(ask(`/v1/erasures/${id}`)))).json()) as {
      receipt: string | null;
    };
    if (told.receipt) return (await ErasureReceipt.parse(fromHex(told.receipt)))!;
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function disk(): Promise<Buffer> {
  const folder = join(chain.folder, 'hub');
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((f) => f.isFile()).map((f) => join(f.parentPath, f.name));
  return Buffer.concat(await Promise.all(files.map((f) => readFile(f))));
}
const secretsOf = ({ segment, epoch, shares }: W.Sealed): Buffer[] =>
  [
    segment.header.blind,
    segment.bytes.subarray(-48),
    epoch.bytes.subarray(-64),
    shares.bytes.subarray(-64),
  ].map((bytes) => Buffer.from(bytes));

async function fetched(first: number, last: number, streams: Stream[] = ['glucose/raw']) {
  const about = { streams, firstDay: first, lastDay: last, salt: Scene.random(32) };
  const made = Scene.request(chain, patient, patient, about);
  const relay = encodeRelay({ kind: 'Request', signed: made.signed, grant: null, keys: null });
  const { blockNumber } = (await (await Scene.ok(Scene.post(ask, '/v1/relay', relay))).json()) as {
    blockNumber: number;
  };
  return Scene.post(ask, '/v1/fetch', made.fetch(blockNumber));
}
const segmentsIn = async (response: Response): Promise<string[]> =>
  parseFetched(new Uint8Array(await response.arrayBuffer())).flatMap((part) =>
    part.segments.map(({ segment }) => toHex(Segment.parse(segment).hash)),
  );
const reopen = async (withoutIndex: boolean): Promise<void> => {
  await hub.close();
  if (withoutIndex) await rm(join(chain.folder, 'hub', 'index'), { recursive: true, force: true });
  hub = await open();
};

describe('an erasure of a day', () => {
  test('leaves no sealed byte, blind, epoch or share of it, nor of late data, on the disk', async () => {
    const gone = [...days.slice(0, 2), late].flatMap(secretsOf);
    const kept = secretsOf(days[2]!);
    const before = await disk();
    for (const secret of [...gone, ...kept]) expect(before.includes(secret)).toBe(true);
    const { id } = await erase(oneDay);
    const receipt = await receiptOf(id);
    expect(receipt).toMatchObject({ role: 'hub', keeper: Secp256k1.addressOf(Scene.hubKey), firstDay: day });
    expect(Object.fromEntries(receipt.dropped)).toEqual({ segments: 3, epochs: 2, shares: 2 });
    const after = await disk();
    for (const secret of gone) expect(after.includes(secret)).toBe(false);
    for (const secret of kept) expect(after.includes(secret)).toBe(true);
  });

  test('answers 410 for it and gives the rest, also after a restart and with the index made anew', async () => {
    await erase(oneDay);
    for (const step of ['now', 'restarted', 'without an index']) {
      if (step !== 'now') await reopen(step === 'without an index');
      expect(await Scene.refusal(await fetched(day, day))).toBe('410 HUB_ERASED');
      expect(await segmentsIn(await fetched(day, day + 1))).toEqual([toHex(days[2]!.segment.hash)]);
      // The very bytes of before, and others of that day.
      expect(await Scene.refusal(await Scene.post(ask, '/v1/put', new Uint8Array(body)))).toBe(
        '410 HUB_ERASED',
      );
      const again = await W.seal({ ...raw, epochs: new Map() }, day);
      expect(await Scene.refusal(await Scene.post(ask, '/v1/put', W.putOf([again])))).toBe('410 HUB_ERASED');
      expect((await disk()).includes(Buffer.from(days[0]!.segment.header.blind))).toBe(false);
    }
    const next = await W.seal({ ...raw, epochs: new Map() }, day + 1);
    expect((await Scene.post(ask, '/v1/put', W.putOf([next]))).status).toBe(200);
  });

  test('leaves everybody’s receipts as they were, even those of what is gone', async () => {
    const other = Scene.person();
    const theirs = await W.writer(other.account);
    await Scene.join_(chain, ask, other, theirs.key.publicKey);
    const { sealed, body: put } = await W.fill(theirs, day, 2);
    await Scene.ok(Scene.post(ask, '/v1/put', put));
    await allAnchored();
    await erase(everything);
    for (const withoutIndex of [false, true]) {
      await reopen(withoutIndex);
      await hub.context.archive.index.settled();
      const hashes = [...sealed, ...days].map((s) => s.segment.hash);
      const answer = await Scene.ok(Scene.post(ask, '/v1/receipts', encodeList(askName, hashes)));
      const receipts = parseReceipts(new Uint8Array(await answer.arrayBuffer()));
      await hub.context.follower.follow();
      for (const [i, { receipt }] of receipts.entries()) {
        const { number, ...rest } = Receipt.parseReceipt(receipt!);
        const leaf = Segment.leaf([...sealed, ...days][i]!.segment);
        const root = Receipt.rootOfLeaf({ number, ...rest }, leaf);
        const place = `${toHex(Secp256k1.addressOf(Scene.hubKey))}/${number}`;
        expect(hub.context.follower.state.roots.get(place)).toBe(toHex(root!));
      }
    }
  });
});

describe('an erasure of everything', () => {
  test('drops heads, and the sealed keys of the person’s grants and of nobody else’s', async () => {
    const reader = Scene.person();
    await Scene.join_(chain, ask, reader);
    const about = { streams: ['glucose/raw' as const], firstDay: day, lastDay: day, salt: Scene.random(32) };
    const mine = await Scene.grant(chain, ask, patient, reader, about);
    const theirs = await Scene.grant(chain, ask, reader, patient, about);
    const { id } = await erase(everything);
    expect(Object.fromEntries((await receiptOf(id)).dropped)).toMatchObject({ grants: 1, heads: 1 });
    const papers = (grantId: Uint8Array) => Promise.resolve(ask(`/v1/grants/${toHex(grantId)}`));
    expect(await Scene.refusal(await papers(mine.grantId))).toBe('410 HUB_ERASED');
    expect((await papers(theirs.grantId)).status).toBe(200);
    expect((await disk()).includes(Buffer.from(mine.keys))).toBe(false);
    expect(await Scene.refusal(await fetched(Day.first, Day.last, ['glucose/raw']))).toBe('410 HUB_ERASED');
  });
});

describe('an ask', () => {
  const lasts = 24 * 3_600_000;
  const askOf = (asker: Scene.Person, of: Scene.Person): Uint8Array => {
    const bytes = Ask.encodeSealed({
      ...{ asker: asker.account, patient: of.account, id: Scene.random(32) },
      ...{ deadline: Date.now() + lasts, sealed: Scene.random(1_400) },
    });
    const { chainId, identity } = chain.deployment;
    const message = {
      ...{ chain: BigInt(chainId), target: fromHex(identity), account: asker.account },
      ...{ kind: Stated.kinds.ask, hash: sha256(bytes), version: Date.now() },
    };
    return Stated.encodeDocument({ signed: Message.sign(Message.statement, message, asker.wallet), bytes });
  };
  const put = (body: Uint8Array) =>
    Promise.resolve(ask('/v1/asks', { method: 'PUT', body: body as Uint8Array<ArrayBuffer> }));

  test('goes with everything that its patient erased, and none is taken to or from them afterwards', async () => {
    const [asker, other] = [Scene.person(), Scene.person()];
    for (const one of [asker, other]) await Scene.join_(chain, ask, one);
    const [gone, kept] = [askOf(asker, patient), askOf(asker, other)];
    for (const one of [gone, kept]) await Scene.ok(put(one));
    await erase(oneDay);
    expect((await disk()).includes(Buffer.from(gone))).toBe(true);
    await erase(everything);
    const left = await disk();
    expect(left.includes(Buffer.from(gone))).toBe(false);
    expect(left.includes(Buffer.from(kept))).toBe(true);
    expect(await Scene.refusal(await put(askOf(asker, patient)))).toBe('410 HUB_ERASED');
    expect(await Scene.refusal(await put(askOf(patient, other)))).toBe('410 HUB_ERASED');
  });
});

describe('an erasure that is asked for', () => {
  test('with another scope, by a stranger or by nobody is not taken', async () => {
    const made = Scene.erasure(chain, patient, oneDay);
    const { scope } = Scene.erasure(chain, patient, oneDay);
    const swapped = encodeRelay({ kind: 'Erase', signed: made.signed, grant: null, keys: scope });
    expect(await Scene.refusal(await Scene.post(ask, '/v1/relay', swapped))).toBe('400 HUB_WRONG_SCOPE');
    const thief = { ...Scene.person(), account: patient.account };
    const theirs = Scene.erasure(chain, thief, oneDay).relay;
    expect(await Scene.refusal(await Scene.post(ask, '/v1/relay', theirs))).toBe('403 HUB_NOT_A_SIGNER');
    const unknown = await ask(`/v1/erasures/${toHex(Scene.random(32))}`);
    expect(await Scene.refusal(unknown)).toBe('404 HUB_NO_SUCH_ERASURE');
    expect((await fetched(day, day)).status).toBe(200);
  });

  test('is handed to custodians until they confirm, and their word is put on the chain', async () => {
    custodian.handed = [];
    const { id, signed, scope } = await erase(oneDay);
    // Those of the tests before, which nobody has confirmed yet, are handed on and on beside it.
    const handover = toHex(Erasing.encodeHandover({ erase: signed, scope }));
    await expect.poll(() => custodian.handed.map(toHex), { timeout: 30_000 }).toContain(handover);
    custodian.answers = true;
    const confirmed = () => hub.context.follower.state.erasures.get(id)?.confirmations.has(1);
    while (!confirmed()) await new Promise((done) => setTimeout(done, 50));
    expect(to0x(hub.context.address)).toMatch(/^0x/);
  });
});
