// Copyright the Islet authors. AGPL-3.0-or-later.
// An account goes from one hub to another: what each of them, and whoever holds an old key, could try.
import * as View from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Hubs from '@islet/core/Hubs';
import * as Message from '@islet/core/Message';
import * as Receipt from '@islet/core/Receipt';
import { encodeList } from '@islet/core/wire/Ask';
import { type Carried, encodeCarried } from '@islet/core/wire/Carried';
import { type Part, parseFetched } from '@islet/core/wire/Fetch';
import * as Followed from '@islet/core/wire/Followed';
import { askName, parseReceipts } from '@islet/core/wire/Receipts';
import { encodeRelay } from '@islet/core/wire/Relay';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Hub } from './Hub.js';
import * as Scene from './scene.testkit.js';
import * as W from './writer.testkit.js';

let chain: Scene.Chain;
let first: Hub;
let second: Hub;
const askOf =
  (hub: () => Hub): Scene.Ask =>
  (path, init) =>
    hub().app.request(path, init);
const askFirst = askOf(() => first);
const askSecond = askOf(() => second);
const day = 46_000;
const urls = { first: 'https://first.example', second: 'https://second.example' };

beforeAll(async () => {
  chain = await Scene.startChain();
  first = await Scene.openHub(chain, 'first');
  second = await Scene.openHub(chain, 'second', [], { key: Scene.otherHubKey });
});
afterAll(async () => {
  await first?.close();
  await second?.close();
  await chain?.[Symbol.asyncDispose]();
});

let patient: Scene.Person;
let raw: W.Writer;
let sealed: W.Sealed[];
beforeEach(async () => {
  patient = Scene.person();
  raw = await W.writer(patient.account);
  await Scene.join_(chain, askFirst, patient, raw.key.publicKey);
  sealed = [await W.seal(raw, day), await W.seal(raw, day), await W.seal(raw, day + 1)];
  W.list(raw, sealed);
  await Scene.ok(Scene.post(askFirst, '/v1/put', W.putOf(sealed, [await W.head(raw)])));
  await anchored(first);
});

async function anchored({ context: { archive, batcher } }: Hub): Promise<void> {
  const { hot } = archive;
  const isDone = () =>
    batcher.anchored?.batch.leafTo === hot.leafCount && hot.headAt < batcher.anchored.batch.through;
  while (!isDone()) await new Promise((done) => setTimeout(done, 10));
}

let version = Date.now();
/** A document with the word of someone, about an account. */
function stated(
  kind: keyof typeof Stated.kinds,
  bytes: Uint8Array,
  who = patient,
  at = ++version,
  account = who.account,
): Uint8Array {
  const message: Message.Statement = {
    chain: BigInt(chain.deployment.chainId),
    target: fromHex(chain.deployment.identity),
    ...{ account, kind: Stated.kinds[kind], hash: sha256(bytes), version: at },
  };
  return Stated.encodeDocument({ signed: Message.sign(Message.statement, message, who.wallet), bytes });
}

const hubOf = (which: 'first' | 'second'): Hubs.Hub => ({
  address: Secp256k1.addressOf(which === 'first' ? Scene.hubKey : Scene.otherHubKey),
  url: urls[which],
});
const named = (...which: ('first' | 'second')[]): Uint8Array =>
  Hubs.encodeHubs({ account: patient.account, hubs: which.map(hubOf) });
const put = (ask: Scene.Ask, path: string, body: Uint8Array): Promise<Response> =>
  Promise.resolve(ask(path, { method: 'PUT', body: body as Uint8Array<ArrayBuffer> }));
const tell = (ask: Scene.Ask, ...which: ('first' | 'second')[]) =>
  Scene.ok(put(ask, '/v1/hubs', stated('hubs', named(...which))));
const carry = (carried: Partial<Carried>, who = patient): Promise<Response> =>
  Scene.post(
    askSecond,
    '/v1/carry',
    stated('carried', encodeCarried({ parts: [], papers: [], ...carried }), who),
  );

/** What a hub serves the patient of these days. */
async function fetched(ask: Scene.Ask): Promise<Part[]> {
  const asked = {
    streams: ['glucose/raw' as const],
    firstDay: day,
    lastDay: day + 1,
    salt: Scene.random(32),
  };
  const { signed, fetch } = Scene.request(chain, patient, patient, asked);
  const relay = encodeRelay({ kind: 'Request', signed, grant: null, keys: null });
  const { blockNumber } = await (await Scene.ok(Scene.post(ask, '/v1/relay', relay))).json();
  const answer = await Scene.ok(Scene.post(ask, '/v1/fetch', fetch(blockNumber)));
  return parseFetched(new Uint8Array(await answer.arrayBuffer()));
}
const refused = async (asked: Promise<Response>) => Scene.refusal(await asked);
const endGateway = async () => {
  const end = Scene.relayOf(chain, patient, 'EndGateway', { gatewayKey: raw.key.publicKey });
  await Scene.ok(Scene.post(askFirst, '/v1/relay', end));
};
const headPart = ([part]: Part[]): Part => ({ ...part!, segments: [], epochs: [], shares: [] });
const timeOf = (receipt: Uint8Array): number => {
  const { hub, number } = Receipt.parseReceipt(receipt);
  return View.anchoredAt(second.context.follower.state, hub, number)!;
};

describe('where an account’s data are', () => {
  test('is kept as its signer said it, and told to anyone', async () => {
    expect(await refused(Promise.resolve(askFirst(`/v1/hubs/${toHex(patient.account)}`)))).toBe(
      '404 HUB_NOT_SAID',
    );
    const word = stated('hubs', named('first', 'second'));
    for (const _ of [1, 2])
      expect(await (await put(askFirst, '/v1/hubs', word)).json()).toEqual({ here: true, dropped: null });
    const told = await askFirst(`/v1/hubs/${toHex(patient.account)}`);
    expect(new Uint8Array(await told.arrayBuffer())).toEqual(word);
  });

  test('is not for a stranger, another account, an old device or a far future to say', async () => {
    const thief = Scene.person();
    await Scene.join_(chain, askFirst, thief);
    const bytes = named('second');
    const say = (...[who, at, account]: [Scene.Person?, number?, Uint8Array?]) =>
      refused(put(askFirst, '/v1/hubs', stated('hubs', bytes, who, at, account)));
    expect(await say(thief)).toBe('403 HUB_BAD_WORD');
    expect(await say(thief, ++version, patient.account)).toBe('403 HUB_NOT_A_SIGNER');
    expect(await say(patient, Date.now() + 3_600_000)).toBe('403 HUB_BAD_WORD');
    const other = stated('devices', bytes);
    expect(await refused(put(askFirst, '/v1/hubs', other))).toBe('403 HUB_BAD_SIGNATURE');
    expect((await fetched(askFirst))[0]!.segments).toHaveLength(3);
  });

  test('is never an address that no member relays under: an account would leave for nowhere', async () => {
    const hubs = [{ address: Scene.random(20), url: 'https://nowhere.example' }];
    const bytes = Hubs.encodeHubs({ account: patient.account, hubs });
    expect(await refused(put(askFirst, '/v1/hubs', stated('hubs', bytes)))).toBe('403 HUB_NOT_A_HUB');
  });

  test('does not go back: an old word after a newer one is refused, also after a restart', async () => {
    const old = stated('hubs', named('first'));
    await tell(askSecond, 'second');
    expect(await refused(put(askSecond, '/v1/hubs', old))).toBe('409 HUB_OLD_VERSION');
    await second.close();
    second = await Scene.openHub(chain, 'second', [], { key: Scene.otherHubKey });
    expect(await refused(put(askSecond, '/v1/hubs', old))).toBe('409 HUB_OLD_VERSION');
  });
});

describe('what an account takes along', () => {
  test('counts from when the first hub anchored it, though the second anchors it too', async () => {
    const parts = await fetched(askFirst);
    await tell(askSecond, 'first', 'second');
    for (const _ of [1, 2]) await Scene.ok(carry({ parts }));
    await Scene.ok(Scene.post(askSecond, '/v1/put', W.putOf([], [await fullHead()])));
    await anchored(second);
    const [there] = await fetched(askSecond);
    const receiptsOf = (part: Part) =>
      new Map(part.segments.map((s) => [toHex(s.segment), toHex(s.receipt)]));
    expect(receiptsOf(there!)).toEqual(receiptsOf(parts[0]!));
    // The second hub's own receipts can be had too, and lead to its own batches.
    const hashes = encodeList(
      askName,
      sealed.map((s) => s.segment.hash),
    );
    const answer = await Scene.ok(Scene.post(askSecond, '/v1/receipts', hashes));
    for (const { receipt } of parseReceipts(new Uint8Array(await answer.arrayBuffer()))) {
      expect(toHex(Receipt.parseReceipt(receipt!).hub)).toBe(toHex(hubOf('second').address));
      expect(timeOf(receipt!)).toBeGreaterThanOrEqual(timeOf(parts[0]!.segments[0]!.receipt));
    }
  });

  test('is taken only by a hub that the account names, and from the account alone', async () => {
    const parts = await fetched(askFirst);
    expect(await refused(carry({ parts }))).toBe('403 HUB_NOT_NAMED');
    await tell(askSecond, 'first', 'second');
    const reader = Scene.person();
    await Scene.join_(chain, askFirst, reader);
    expect(await refused(carry({ parts }, reader))).toBe('403 HUB_NOT_NAMED');
    const asThem = { ...reader, account: patient.account };
    expect(await refused(carry({ parts }, asThem))).toBe('403 HUB_NOT_A_SIGNER');
  });

  test('is the account’s own: another’s data are not taken in under its name', async () => {
    const parts = await fetched(askFirst);
    const other = Scene.person();
    await Scene.join_(chain, askFirst, other);
    const hubs = [hubOf('first'), hubOf('second')];
    const word = stated('hubs', Hubs.encodeHubs({ account: other.account, hubs }), other);
    await Scene.ok(put(askSecond, '/v1/hubs', word));
    expect(await refused(carry({ parts }, other))).toBe('403 HUB_NOT_THIS_ACCOUNT');
  });

  test('of a gateway that ended is what was anchored in time: its key can write nothing any more', async () => {
    const parts = await fetched(askFirst);
    const late = await W.seal(raw, day + 1);
    W.list(raw, [late]);
    const forged = await fullHead();
    await endGateway();
    await second.context.follower.follow();
    await tell(askSecond, 'first', 'second');
    // A segment with the receipt of another, and with none.
    const receipt = parts[0]!.segments[0]!.receipt;
    const more = { ...parts[0]!, segments: [{ segment: late.segment.bytes, receipt }] };
    expect(await refused(carry({ parts: [more] }))).toBe('403 HUB_NOT_ANCHORED');
    // A head with the proof of the true one; and an epoch that nothing anchored names.
    const head = { ...headPart(parts), head: forged.head.bytes, nodes: forged.nodes };
    expect(await refused(carry({ parts: [head] }))).toBe('403 HUB_NOT_ANCHORED');
    const { epoch, shares } = await W.openEpoch(raw, day + 2);
    const loose = { ...parts[0]!, epochs: [epoch.bytes], shares: [shares.bytes] };
    expect(await refused(carry({ parts: [loose] }))).toBe('403 HUB_NOT_ANCHORED');
    // As a put it would be refused whole; brought with its receipts and proof it is all there.
    const body = W.putOf(sealed, [forged]);
    expect(await refused(Scene.post(askSecond, '/v1/put', body))).toBe('403 HUB_GATEWAY_ENDED');
    await Scene.ok(carry({ parts }));
    await Scene.ok(carry({ parts: [headPart(parts)] }));
    await anchored(second);
    const [there] = await fetched(askSecond);
    expect(toHex(there!.head)).toBe(toHex(parts[0]!.head));
    expect(there!.segments).toHaveLength(3);
  });

  test('is not what it erased', async () => {
    const parts = await fetched(askFirst);
    await tell(askSecond, 'first', 'second');
    const order = Scene.erasure(chain, patient, { streams: ['glucose/raw'], firstDay: day, lastDay: day });
    expect(await refused(put(askSecond, '/v1/papers', order.relay))).toBe('403 HUB_PAPER_NOT_ON_CHAIN');
    await Scene.ok(Scene.post(askFirst, '/v1/relay', order.relay));
    for (const _ of [1, 2]) await Scene.ok(put(askSecond, '/v1/papers', order.relay));
    expect(await refused(carry({ parts }))).toBe('410 HUB_ERASED');
    expect((await askSecond(`/v1/erasures/${order.id}`)).status).toBe(200);
  });

  test('with altered bytes is refused whole', async () => {
    const parts = await fetched(askFirst);
    await tell(askSecond, 'first', 'second');
    const bytes = parts[0]!.segments[0]!.segment.slice();
    bytes[bytes.length - 1]! ^= 1;
    const segments = [{ ...parts[0]!.segments[0]!, segment: bytes }, ...parts[0]!.segments.slice(1)];
    const body = carry({ parts: [{ ...parts[0]!, segments }] });
    expect(await refused(body)).toMatch(/HUB_(NOT_ANCHORED|BAD_SIGNATURE)$/);
    const hashes = encodeList(
      askName,
      sealed.map((s) => s.segment.hash),
    );
    const answer = await Scene.ok(Scene.post(askSecond, '/v1/receipts', hashes));
    const known = parseReceipts(new Uint8Array(await answer.arrayBuffer()));
    expect(known.every(({ receipt }) => receipt === null)).toBe(true);
  });

  test('of reasons is only what is about its own emergencies', async () => {
    await tell(askSecond, 'first', 'second');
    const papers = [{ about: Scene.random(32), paper: Scene.random(100) }];
    expect(await refused(carry({ papers }))).toBe('403 HUB_NOT_THEIR_PAPER');
  });
});

describe('the papers of a grant', () => {
  test('are taken from whoever brings them, as the chain has them and with the true signature', async () => {
    const reader = Scene.person();
    await Scene.join_(chain, askFirst, reader);
    const about = { streams: ['glucose/raw' as const], firstDay: day, lastDay: day, salt: Scene.random(32) };
    const { grantId, signed, keys } = await Scene.grant(chain, askFirst, patient, reader, about);
    const bring = (from: Uint8Array, with_: Uint8Array | null) =>
      put(askSecond, '/v1/papers', encodeRelay({ kind: 'Grant', signed: from, grant: null, keys: with_ }));
    expect(await refused(bring(signed, keys))).toBe('403 HUB_NOT_NAMED');
    await tell(askSecond, 'first', 'second');
    expect(await refused(bring(signed, Scene.random(9)))).toBe('400 HUB_WRONG_GRANT_KEYS');
    const bad = signed.slice();
    bad[bad.length - 10]! ^= 1;
    expect(await refused(bring(bad, keys))).toMatch(/^40[03] (HUB_PAPER_NOT_ON_CHAIN|FORMAT_MALFORMED)$/);
    for (const _ of [1, 2]) await Scene.ok(bring(signed, keys));
    const told = await (await askSecond(`/v1/grants/${toHex(grantId)}`)).json();
    expect(told).toEqual({ signed: toHex(signed), keys: toHex(keys) });
  });
});

describe('a hub that an account left', () => {
  const leave = async () => {
    const parts = await fetched(askFirst);
    await tell(askSecond, 'first', 'second');
    await Scene.ok(carry({ parts }));
    const word = stated('hubs', named('second'));
    await Scene.ok(put(askSecond, '/v1/hubs', word));
    return { parts, dropped: (await (await Scene.ok(put(askFirst, '/v1/hubs', word))).json()).dropped };
  };

  test('has dropped its bytes, says where it went, and takes and gives nothing of it', async () => {
    const { dropped } = await leave();
    expect(dropped).toMatchObject({ segments: 3, epochs: 2, shares: 2, heads: 1 });
    const { store } = first.context.archive;
    const held = new Set<string>();
    for await (const key of store.keys()) held.add(key);
    for (const { segment, epoch, shares } of sealed)
      for (const { bytes } of [segment, epoch, shares]) expect(held.has(toHex(sha256(bytes)))).toBe(false);
    await expect(fetched(askFirst)).rejects.toThrow('404');
    expect(await refused(Scene.post(askFirst, '/v1/put', W.putOf(sealed)))).toBe('404 HUB_ACCOUNT_LEFT');
    expect((await askFirst(`/v1/hubs/${toHex(patient.account)}`)).status).toBe(200);
    // Nor does it put a grant on chain whose keys nobody would look for here.
    const reader = Scene.person();
    await Scene.join_(chain, askFirst, reader);
    const about = { streams: ['glucose/raw' as const], firstDay: day, lastDay: day, salt: Scene.random(32) };
    await expect(Scene.grant(chain, askFirst, patient, reader, about)).rejects.toThrow('HUB_ACCOUNT_LEFT');
  });

  test('keeps nothing of puts that were under way while it left', async () => {
    const more: W.Sealed[] = [];
    for (let i = 0; i < 8; i++) more.push(await W.seal(raw, day));
    const word = stated('hubs', named('second'));
    const putting = more.map((one) => Scene.post(askFirst, '/v1/put', W.putOf([one])));
    const leaving = put(askFirst, '/v1/hubs', word);
    await Promise.all([...putting, leaving]);
    const { store } = first.context.archive;
    for (const { segment } of [...sealed, ...more])
      expect(await store.has(toHex(sha256(segment.bytes)))).toBe(false);
  });

  test('ends what is followed as soon as what is new comes to another, and says why', async () => {
    const streams = ['glucose/raw' as const];
    const asked = { streams, firstDay: day, lastDay: day + 1, salt: Scene.random(32) };
    const { signed, fetch } = Scene.request(chain, patient, patient, asked);
    const relay = encodeRelay({ kind: 'Request', signed, grant: null, keys: null });
    const { blockNumber } = await (await Scene.ok(Scene.post(askFirst, '/v1/relay', relay))).json();
    const held = await Scene.ok(Scene.post(askFirst, '/v1/follow', fetch(blockNumber)));
    // Named first, it goes on; once another is, what is new comes there.
    await tell(askFirst, 'first', 'second');
    expect(first.context.follows.count).toBe(1);
    await tell(askFirst, 'second', 'first');
    const ends: (string | null)[] = [];
    for await (const frame of Followed.frames(held.body as unknown as AsyncIterable<Uint8Array>))
      ends.push(Followed.parseFollowed(frame).ended);
    expect(ends.at(-1)).toBe('HUB_ACCOUNT_LEFT');
    const again = Scene.post(askFirst, '/v1/follow', fetch(blockNumber));
    expect(await refused(again)).toBe('404 HUB_ACCOUNT_LEFT');
    // What it has of before it still serves while it is named.
    expect((await fetched(askFirst))[0]!.segments).toHaveLength(3);
  });

  test('still gives other people’s receipts, which are paths through what it dropped', async () => {
    const other = Scene.person();
    const theirs = await W.writer(other.account);
    await Scene.join_(chain, askFirst, other, theirs.key.publicKey);
    const mine = await W.seal(raw, day);
    const one = await W.seal(theirs, day);
    await Promise.all([mine, one].map((s) => Scene.ok(Scene.post(askFirst, '/v1/put', W.putOf([s])))));
    await anchored(first);
    await leave();
    const answer = await Scene.ok(
      Scene.post(askFirst, '/v1/receipts', encodeList(askName, [one.segment.hash])),
    );
    const [told] = parseReceipts(new Uint8Array(await answer.arrayBuffer()));
    expect(Receipt.parseReceipt(told!.receipt!).hub).toEqual(hubOf('first').address);
  });

  test('takes it again when it comes back, with all that it dropped', async () => {
    const { parts } = await leave();
    await tell(askFirst, 'second', 'first');
    const body = stated('carried', encodeCarried({ parts, papers: [] }));
    await Scene.ok(Scene.post(askFirst, '/v1/carry', body));
    await Scene.ok(Scene.post(askFirst, '/v1/put', W.putOf([], [await fullHead()])));
    await anchored(first);
    const [there] = await fetched(askFirst);
    expect(there!.segments).toHaveLength(3);
    expect(there!.epochs).toHaveLength(2);
  });
});

/** The stream's head with all nodes of its calendar, as a gateway states it to a hub that has none. */
async function fullHead() {
  raw.calendar.pages.clear();
  raw.calendar.middles.clear();
  raw.at = Date.now();
  return W.head(raw);
}
