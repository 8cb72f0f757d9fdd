// Copyright the Islet authors. AGPL-3.0-or-later.
import * as View from '@islet/chain/View';
import { toHex } from '@islet/core/crypto/bytes';
import * as Head from '@islet/core/Head';
import * as Live from '@islet/core/Live';
import * as Message from '@islet/core/Message';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import { parseSigned } from '@islet/core/signed';
import * as Followed from '@islet/core/wire/Followed';
import { encodeRelay } from '@islet/core/wire/Relay';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hub } from './Hub.js';
import { FOLLOWS_PER_READER } from './limits.js';
import * as Permit from './Permit.js';
import * as Scene from './scene.testkit.js';
import * as W from './writer.testkit.js';

let chain: Scene.Chain;
let hub: Hub;
const ask: Scene.Ask = (path, init) => hub.app.request(path, init);
const patient = Scene.person();
const reader = Scene.person();
const salt = Scene.random(32);
const day = 46_000;
let raw: W.Writer;
let insulin: W.Writer;
const about = { streams: ['glucose/raw'] as Stream[], firstDay: day, lastDay: day + 6, salt };

beforeAll(async () => {
  chain = await Scene.startChain();
  hub = await Scene.openHub(chain, 'hub');
  raw = await W.writer(patient.account);
  // What it seals first is old by its own word.
  raw.at -= Live.releaseMs + 60_000;
  insulin = await W.writer(patient.account, 'insulin/raw', raw.key);
  await Scene.join_(chain, ask, patient, raw.key.publicKey);
  await Scene.join_(chain, ask, reader);
});
afterAll(async () => {
  await hub?.close();
  await chain?.[Symbol.asyncDispose]();
});

type Following = {
  /** The next message that says something, or `undefined` at the end. */
  next(): Promise<Followed.Followed | undefined>;
  stop(): Promise<void>;
};

async function question(grantId: Uint8Array, signed: Uint8Array, with_ = about): Promise<Uint8Array> {
  const made = Scene.request(chain, reader, patient, { ...with_, grantId });
  const body = encodeRelay({ kind: 'Request', signed: made.signed, grant: signed, keys: null });
  const { blockNumber } = (await (await Scene.ok(Scene.post(ask, '/v1/relay', body))).json()) as {
    blockNumber: number;
  };
  return made.fetch(blockNumber);
}

async function follow(body: Uint8Array): Promise<Following> {
  const response = await Scene.ok(Scene.post(ask, '/v1/follow', body));
  const messages = Followed.frames(response.body as unknown as AsyncIterable<Uint8Array>);
  // The first only says that it is connected.
  await messages.next();
  return {
    async next() {
      for (;;) {
        const { done, value } = await messages.next();
        if (done) return undefined;
        const told = Followed.parseFollowed(value);
        const { segments, heads, receipts, ended } = told;
        if (segments.length + heads.length + receipts.length > 0 || ended !== null) return told;
      }
    },
    stop: async () => void (await messages.return()),
  };
}

async function following(with_ = about): Promise<Following & { grantId: Uint8Array; body: Uint8Array }> {
  const { grantId, signed } = await Scene.grant(chain, ask, patient, reader, with_);
  const body = await question(grantId, signed, with_);
  const one = await follow(body);
  return { ...one, grantId, body };
}

/** Seals one segment, puts it with its head, and says what was put. */
async function put(w: W.Writer, at = day): Promise<W.Sealed> {
  const sealed = await W.seal(w, at);
  W.list(w, [sealed]);
  await Scene.ok(Scene.post(ask, '/v1/put', W.putOf([sealed], [await W.head(w)])));
  return sealed;
}

const revoke = (grantId: Uint8Array): Promise<Response> =>
  Scene.ok(
    Scene.post(
      ask,
      '/v1/relay',
      Scene.relayOf(chain, patient, 'Revoke', { grantId, patient: patient.account }),
    ),
  );

describe('a follower', () => {
  test('is told each segment with its epoch, shares and head as it is kept, and its receipt once it is anchored', async () => {
    const mine = await following();
    const { segment, epoch } = await put(raw);
    const told = (await mine.next())!;
    expect(told.segments.map((s) => toHex(Segment.parse(s).hash))).toEqual([toHex(segment.hash)]);
    expect(told.epochs.map(toHex)).toEqual([toHex(epoch.bytes)]);
    expect(told.shares).toHaveLength(1);
    expect(toHex(Head.parse(told.heads[0]!).statement.tip!.hash)).toBe(toHex(segment.hash));
    const { receipts } = (await mine.next())!;
    const receipt = Receipt.parseReceipt(receipts[0]!.receipt);
    const root = Receipt.rootOfLeaf(receipt, Segment.leaf(segment))!;
    expect(toHex(root)).toBe(View.rootOf(hub.context.follower.state, receipt.hub, receipt.number));
    await mine.stop();
    expect(hub.context.follows.count).toBe(0);
  });

  test('is told nothing of other streams or days, and at the beginning the newest, if it is new', async () => {
    const mine = await following();
    // What the stream has is older than that: its head alone is told.
    expect(await mine.next()).toMatchObject({ segments: [], heads: [expect.anything()] });
    await put(insulin);
    await put(raw, day + 7);
    const { segment } = await put(raw, day + 6);
    const told: string[] = [];
    while (told.length === 0)
      told.push(...(await mine.next())!.segments.map((s) => toHex(Segment.parse(s).hash)));
    expect(told).toEqual([toHex(segment.hash)]);
    await mine.stop();
  });

  test('that comes between two values is told the newest at once', async () => {
    raw.at = Date.now();
    const { segment } = await put(raw);
    const mine = await following();
    const told = (await mine.next())!;
    expect([told.segments.length, told.epochs.length, told.heads.length]).toEqual([1, 1, 1]);
    expect(toHex(Segment.parse(told.segments[0]!).hash)).toBe(toHex(segment.hash));
    await mine.stop();
  });

  test('is cut off when the patient revokes, with the reason, and is told nothing that comes after', async () => {
    const mine = await following();
    await mine.next();
    await revoke(mine.grantId);
    // The hub that relayed it cut the connection before it answered.
    expect(hub.context.follows.count).toBe(0);
    await put(raw);
    let last: Followed.Followed | undefined;
    for (let told = await mine.next(); told; told = await mine.next()) {
      expect(told.segments).toEqual([]);
      last = told;
    }
    expect(last?.ended).toBe('HUB_GRANT_REVOKED');
    expect(hub.context.follows.count).toBe(0);
    const again = await Scene.post(ask, '/v1/follow', mine.body);
    expect(await Scene.refusal(again)).toBe('403 HUB_GRANT_REVOKED');
  });

  test('is cut off when its decision has served for as long as one may', async () => {
    const mine = await following();
    for (const decision of hub.context.follower.state.decisions.values())
      decision.at -= Live.followMs + 1_000;
    const codes: (string | null)[] = [];
    for (let told = await mine.next(); told; told = await mine.next()) codes.push(told.ended);
    expect(codes.at(-1)).toBe('HUB_FOLLOW_OVER');
  });

  test('is judged by the hours of its grant as long as it follows', async () => {
    const { grantId, signed } = await Scene.grant(chain, ask, patient, reader, about);
    const made = Scene.request(chain, reader, patient, { ...about, grantId });
    const body = encodeRelay({ kind: 'Request', signed: made.signed, grant: signed, keys: null });
    await Scene.ok(Scene.post(ask, '/v1/relay', body));
    await hub.context.follower.follow();
    const permit = { signed: parseSigned(Message.request, made.signed) } as Permit.Permit;
    const { message } = parseSigned(Message.grant, signed);
    const still = (weekdays: number) => () =>
      Permit.requireStill(hub.context, permit, { ...message, weekdays });
    const today = 1 << ((new Date().getUTCDay() + 6) % 7);
    expect(still(today)).not.toThrow();
    expect(still(127 & ~today)).toThrow(expect.objectContaining({ code: 'HUB_OUTSIDE_HOURS' }));
  });

  test('that takes nothing is let go, and what waited for it is forgotten', async () => {
    const mine = await following();
    const { follows } = hub.context;
    const before = follows.count;
    for (let i = 0; follows.count === before; i++) {
      const big = await W.seal(raw, day, 1_000_000);
      W.list(raw, [big]);
      await Scene.ok(Scene.post(ask, '/v1/put', W.putOf([big], [])));
      expect(i).toBeLessThan(20);
    }
    let last: Followed.Followed | undefined;
    for (let told = await mine.next(); told; told = await mine.next()) last = told;
    expect(last?.ended).toBe('HUB_FOLLOWER_SLOW');
  });

  test('has only so many connections', async () => {
    const first = await following();
    const more = await Promise.all(Array.from({ length: FOLLOWS_PER_READER - 1 }, () => follow(first.body)));
    expect(await Scene.refusal(await Scene.post(ask, '/v1/follow', first.body))).toBe(
      '429 HUB_TOO_MANY_FOLLOWERS',
    );
    await more[0]!.stop();
    const next = await follow(first.body);
    for (const one of [first, next, ...more]) await one.stop();
    expect(hub.context.follows.count).toBe(0);
  });
});
