// Copyright the Islet authors. AGPL-3.0-or-later.
// Which shares leave: only of epochs that the permission covers, that an authorised gateway sealed and a hub anchored,
// and only to the one-time key of that one request.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import { combine } from '@islet/core/crypto/shamir';
import * as Epoch from '@islet/core/Epoch';
import * as Message from '@islet/core/Message';
import * as Receipt from '@islet/core/Receipt';
import * as Release from '@islet/core/Release';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

const { day, pieces } = Story;
let scene: Scene.Scene;
let custodians: Scene.Custodian[];
let custodian: Scene.Custodian;
let patient: Story.Person;
let other: Story.Person;
let reader: Story.Person;
let granted: Story.Granted;
const own: Record<
  | 'raw'
  | 'next'
  | 'before'
  | 'after'
  | 'insulin'
  | 'late'
  | 'day0'
  | 'day1'
  | 'sum0'
  | 'sum1'
  | 'rogue'
  | 'theirs'
  | 'swapped',
  Story.Sealed
> = {} as never;
let loose: Story.Sealed;

beforeAll(async () => {
  scene = await Scene.startScene();
  custodians = [];
  for (const index of [1, 2, 3]) custodians.push(await scene.custodian(index));
  custodian = custodians[0]!;
  [patient, other, reader] = await Promise.all([Story.person(), Story.person(), Story.person()]);
  for (const who of [patient, other, reader]) {
    const register = await Story.settle(scene, who);
    for (const one of custodians)
      expect(await one.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  }
  const seal = (how?: Story.Sealing, who = patient) => Story.seal(custodians, who, how);
  const [first, second, third] = await Promise.all(
    custodians.map((c) => Story.keyOf(c, patient, 'glucose/raw', day)),
  );
  Object.assign(own, {
    raw: await seal(),
    next: await seal({ day: day + 1 }),
    before: await seal({ day: day - 1 }),
    after: await seal({ day: day + 3 }),
    insulin: await seal({ stream: 'insulin/raw' }),
    late: await seal({ day: null }),
    day0: await seal({ stream: 'glucose/day', revision: 0 }),
    day1: await seal({ stream: 'glucose/day', revision: 1 }),
    sum0: await seal({ stream: 'glucose/day', day: day + 1, revision: 0 }),
    sum1: await seal({ stream: 'glucose/day', day: day + 1, revision: 1 }),
    rogue: await seal({ gateway: await Ed25519.fromSeed(Scene.random(32)) }),
    theirs: await seal({}, other),
    swapped: await seal({ keys: [second!, first!, third!] }),
  });
  loose = await seal();
  await Story.anchor(scene, Object.values(own));
  granted = await Story.grant(scene, patient, reader);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const request = async (
  sealed: Story.Sealed[],
  how: Story.Asking = { streams: ['glucose/raw', 'glucose/day'] },
) => Story.decide(scene, reader, await Story.ask(scene, reader, granted, sealed, how), granted);
const answer = async (sealed: Story.Sealed[], how?: Story.Asking) =>
  Story.answer(custodian, await request(sealed, how));
/** Asks for one epoch of which some pieces are replaced. */
const altered = async (sealed: Story.Sealed, changes: Partial<ReturnType<typeof pieces>>) =>
  Story.answer(custodian, await request([]), { epochs: [{ ...pieces(sealed), ...changes }] });

describe('what is released', () => {
  test('is the dealt share, and two custodians’ together open the lock', async () => {
    const asked = await request([own.raw, own.next]);
    const [a, b] = await Promise.all([0, 2].map((i) => Story.opened(custodians[i]!, asked)));
    for (const [i, sealed] of [own.raw, own.next].entries()) {
      expect(Shares.isShare(sealed.shares, 1, a!.shares[i]!)).toBe(true);
      expect(Shares.isShare(sealed.shares, 3, b!.shares[i]!)).toBe(true);
      expect(toHex(await combine([a!.shares[i]!, b!.shares[i]!]))).toBe(toHex(sealed.lockSecret));
    }
  });

  test('opens with the request’s one-time key only', async () => {
    const asked = await request([own.raw]);
    const bytes = await Story.released(custodian, asked);
    const { publicKey } = custodian.context.signer;
    expect(await Release.open(bytes, asked.requestId, Scene.random(32), publicKey)).toBeUndefined();
    expect(await Release.open(bytes, asked.requestId, asked.oneTimeSeed, publicKey)).toBeDefined();
  });

  test('to one request does not pass as the answer to another, even of the same reader and key', async () => {
    const asked = await request([own.raw]);
    const bytes = await Story.released(custodian, asked);
    const again = await request([own.raw], {
      streams: ['glucose/raw'],
      changes: { oneTimeKeyHash: asked.message.oneTimeKeyHash },
    });
    const { publicKey } = custodian.context.signer;
    expect(await Release.open(bytes, again.requestId, asked.oneTimeSeed, publicKey)).toBeUndefined();
  });

  test('carries a note of the request, the epochs and the head relied on, which the patient finds too', async () => {
    const before = custodian.context.record.notes(patient.account).length;
    const asked = await request([own.raw, own.next]);
    const release = await Story.opened(custodian, asked);
    expect(custodian.context.record.notes(patient.account)).toHaveLength(before + 1);
    const { note } = release!;
    expect(toHex(note.requestId)).toBe(toHex(asked.requestId));
    expect(note.epochs.map(toHex)).toEqual([own.raw, own.next].map((s) => toHex(s.epoch.hash)));
    expect([note.custodian, note.at]).toEqual([1, scene.clock.now]);
    const mark = custodian.context.chain.mark!;
    expect([note.blockNumber, `0x${toHex(note.blockHash)}`]).toEqual([mark.number, mark.hash]);
    const kept = custodian.context.record.notes(patient.account).at(-1)!;
    expect(await Release.parseNote(kept, custodian.context.signer.publicKey)).toEqual(note);
  });

  test('is nothing, and noted as nothing, for a one-time key that is no key', async () => {
    const oneTimeKey = new Uint8Array(32);
    const before = custodian.context.record.notes(patient.account).length;
    const asked = await request([own.raw], {
      streams: ['glucose/raw'],
      changes: { oneTimeKeyHash: Release.oneTimeKeyHash(oneTimeKey) },
    });
    expect(await Story.answer(custodian, asked, { oneTimeKey })).toBe('403 RELEASE_WRONG_KEY');
    expect(custodian.context.record.notes(patient.account)).toHaveLength(before);
  });

  test('is nothing where one epoch among many is refused, and then nothing is noted', async () => {
    const before = custodian.context.record.notes(patient.account).length;
    expect(await answer([own.raw, own.after])).toBe('403 DENIED_OUTSIDE_WINDOW');
    expect(custodian.context.record.notes(patient.account)).toHaveLength(before);
  });
});

describe('an epoch', () => {
  test('stops another patient’s epoch under this patient’s grant', async () => {
    expect(await answer([own.theirs])).toBe('403 DENIED_WRONG_PATIENT');
  });

  test('stops an epoch of a stream that was not granted', async () => {
    expect(await answer([own.insulin])).toBe('403 DENIED_WRONG_STREAM');
  });

  test('stops glucose/raw under a request for glucose/day, though the grant has both', async () => {
    expect(await answer([own.raw], { streams: ['glucose/day'] })).toBe('403 DENIED_WRONG_STREAM');
  });

  test('stops the day before the first granted one', async () => {
    expect(await answer([own.before])).toBe('403 DENIED_OUTSIDE_WINDOW');
  });

  test('stops the day after the last granted one', async () => {
    expect(await answer([own.after])).toBe('403 DENIED_OUTSIDE_WINDOW');
  });

  test('stops a day inside the grant but outside the request', async () => {
    const changes = { firstDay: day, lastDay: day };
    expect(await answer([own.next], { streams: ['glucose/raw'], changes })).toBe('403 DENIED_OUTSIDE_WINDOW');
  });

  test('stops data without a day under a grant; the patient opens them', async () => {
    expect(await answer([own.late])).toBe('403 DENIED_OUTSIDE_WINDOW');
    const asked = await Story.decide(scene, patient, await Story.askOwn(scene, patient, [own.late]));
    expect(await Story.answer(custodian, asked)).toBe('200');
  });

  test('stops an epoch of a gateway that the patient never authorised', async () => {
    expect(await answer([own.rogue])).toBe('403 RELEASE_UNKNOWN_GATEWAY');
  });

  test('stops an epoch that its gateway did not sign', async () => {
    // Anchored by a hub that helps: the segment names this very epoch.
    const { epoch: true_ } = own.raw;
    const bytes = new Uint8Array(true_.bytes);
    bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 1;
    const forged = { ...own.raw, epoch: Epoch.parse(bytes) };
    const keys = await Promise.all(custodians.map((c) => Story.keyOf(c, patient, 'glucose/raw', day)));
    const set = { version: 1, threshold: 2, keys };
    forged.shares = await Shares.create(forged.epoch, forged.lockSecret, set, patient.gateway);
    const place = { chain: Scene.random(16), number: 1, previous: Segment.genesis, cites: [], sealedAt: 2 };
    const key = Scene.random(32);
    forged.segment = await Segment.seal(forged.epoch, key, place, key, patient.gateway, Scene.random);
    await Story.anchor(scene, [forged]);
    expect(await answer([forged])).toBe('403 RELEASE_EPOCH_FORGED');
  });
});

describe('the receipt', () => {
  test('stops an epoch whose data were never anchored', async () => {
    const { receipt } = own.raw;
    expect(await altered(loose, { receipt })).toBe('403 RELEASE_NOT_ANCHORED');
  });

  test('stops a receipt that leads to a root which is not on chain', async () => {
    const receipt = Receipt.parseReceipt(own.raw.receipt);
    for (const change of [
      { number: 7 },
      { hub: Scene.random(20) },
      { mapRoot: Scene.random(32) },
      { index: 99 },
    ]) {
      const moved = Receipt.encodeReceipt({ ...receipt, ...change });
      expect(await altered(own.raw, { receipt: moved })).toBe('403 RELEASE_NOT_ANCHORED');
    }
  });

  test('stops the anchored segment of another epoch', async () => {
    const { segmentHeader, receipt } = pieces(own.next);
    expect(await altered(own.raw, { segmentHeader, receipt })).toBe('403 RELEASE_NOT_ANCHORED');
  });

  test('stops an anchored segment that names the epoch but was not signed by its gateway', async () => {
    const key = Scene.random(32);
    const place = { chain: key.slice(16), number: 1, previous: Segment.genesis, cites: [], sealedAt: 2 };
    const { segment } = loose;
    const forged = await Segment.seal(loose.epoch, key, place, key, patient.gateway, Scene.random);
    const bytes = new Uint8Array(forged.headerBytes);
    bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 1;
    loose.segment = { ...segment, ...Segment.parseHeader(bytes) };
    await Story.anchor(scene, [loose]);
    expect(await answer([loose])).toBe('403 RELEASE_NOT_ANCHORED');
    // The gateway's own segment, anchored in the same way, is enough.
    loose.segment = segment;
    await Story.anchor(scene, [loose]);
    expect(await answer([loose])).toBe('200');
  });
});

describe('the shares', () => {
  test('stops shares dealt by anyone but the epoch’s gateway', async () => {
    const keys = await Promise.all(custodians.map((c) => Story.keyOf(c, patient, 'glucose/raw', day)));
    const set = { version: 1, threshold: 2, keys };
    const dealt = await Shares.create(own.raw.epoch, own.raw.lockSecret, set, other.gateway);
    expect(await altered(own.raw, { shares: dealt.bytes })).toBe('403 RELEASE_SHARES_FORGED');
  });

  describe('dealt anew by the wallet', () => {
    /** The shares of `own.raw`, dealt by a key that a Statement names. */
    async function dealtAnew(changes: Partial<Message.Statement> = {}, key = patient.wallet) {
      const keys = await Promise.all(custodians.map((c) => Story.keyOf(c, patient, 'glucose/raw', day)));
      const dealer = await Ed25519.fromSeed(Scene.random(32));
      const set = { version: 2, threshold: 2, keys };
      const dealt = await Shares.create(own.raw.epoch, own.raw.lockSecret, set, dealer);
      const place = {
        chain: BigInt(scene.deployment.chainId),
        target: fromHex(scene.deployment.identity),
      };
      const about = { account: patient.account, kind: Stated.kinds.dealer, hash: sha256(dealer.publicKey) };
      const message = { ...place, ...about, version: scene.clock.now, ...changes };
      return Shares.reshared(dealt, Message.sign(Message.statement, message, key)).bytes;
    }

    test('are opened as the gateway’s own are', async () => {
      expect(await altered(own.raw, { shares: await dealtAnew() })).toBe('200');
    });

    test('stop where anyone but the pinned patient’s signer named the dealer, for another account, or for another use', async () => {
      const refused = '403 RELEASE_SHARES_FORGED';
      expect(await altered(own.raw, { shares: await dealtAnew({}, other.wallet) })).toBe(refused);
      expect(await altered(own.raw, { shares: await dealtAnew({ account: other.account }) })).toBe(refused);
      expect(await altered(own.raw, { shares: await dealtAnew({ kind: Stated.kinds.askNotes }) })).toBe(
        refused,
      );
      expect(await altered(own.raw, { shares: await dealtAnew({ hash: Scene.random(32) }) })).toBe(refused);
      expect(await altered(own.raw, { shares: await dealtAnew({ target: Scene.random(20) }) })).toBe(refused);
    });

    test('stop where the chain alone lets someone speak for the patient', async () => {
      const thief = Scene.random(32);
      await Story.letSpeak(scene, patient, Secp256k1.addressOf(thief));
      expect(await altered(own.raw, { shares: await dealtAnew({}, thief) })).toBe(
        '403 RELEASE_SHARES_FORGED',
      );
    });
  });

  test('stops shares whose signature does not hold', async () => {
    const shares = new Uint8Array(own.raw.shares.bytes);
    shares[shares.length - 1] = shares[shares.length - 1]! ^ 1;
    expect(await altered(own.raw, { shares })).toBe('403 RELEASE_SHARES_FORGED');
  });

  test('stops the shares of another epoch', async () => {
    expect(await altered(own.raw, { shares: own.next.shares.bytes })).toBe('403 RELEASE_SHARES_FORGED');
  });

  /** The gateway itself signs a record whose sealed share was taken from elsewhere. */
  const resigned = (sealed: Story.Sealed, changes: Partial<Shares.Record>): Promise<Uint8Array> =>
    Story.signShares({ ...sealed.shares.record, ...changes }, patient.gateway);

  test('stops a share sealed for another patient, stream, day or epoch, although the gateway signed it in', async () => {
    for (const source of [own.theirs, own.insulin, own.next, own.day0]) {
      const taken = source.shares.record.shares;
      expect(await altered(own.raw, { shares: await resigned(own.raw, { shares: taken }) })).toBe(
        '403 RELEASE_NO_SHARE',
      );
    }
  });

  test('stops a share under another version of the set of custodians', async () => {
    expect(await altered(own.raw, { shares: await resigned(own.raw, { setVersion: 2 }) })).toBe(
      '403 RELEASE_NO_SHARE',
    );
    expect(await altered(own.raw, { shares: await resigned(own.raw, {}) })).toBe('200');
  });

  test('stops a share that stands at another custodian’s place', async () => {
    expect(await answer([own.swapped])).toBe('403 RELEASE_NO_SHARE');
    const [a, b, c] = own.raw.shares.record.shares;
    expect(await altered(own.raw, { shares: await resigned(own.raw, { shares: [b!, a!, c!] }) })).toBe(
      '403 RELEASE_NO_SHARE',
    );
  });

  test('stops a share that the commitment does not fit', async () => {
    const [a, b, c] = own.raw.shares.record.shares;
    const shares = [{ ...a!, commitment: Scene.random(32) }, b!, c!];
    expect(await altered(own.raw, { shares: await resigned(own.raw, { shares }) })).toBe(
      '403 RELEASE_NO_SHARE',
    );
  });

  test('stops a set that has no place for this custodian', async () => {
    const asked = await request([]);
    const [a, b] = own.raw.shares.record.shares;
    const shares = await resigned(own.raw, { shares: [a!, b!] });
    const epochs = [{ ...pieces(own.raw), shares }];
    expect(await Story.answer(custodians[2]!, asked, { epochs })).toBe('403 RELEASE_NO_SHARE');
  });
});

describe('a revised summary', () => {
  test('is released in its newest revision only, also after a restart', async () => {
    expect(await answer([own.day0])).toBe('200');
    expect(await answer([own.day1])).toBe('200');
    expect(await answer([own.day0])).toBe('403 RELEASE_OLD_REVISION');
    await custodian.close();
    custodian = await scene.custodian(1, custodian.folder);
    custodians[0] = custodian;
    expect(await answer([own.day0])).toBe('403 RELEASE_OLD_REVISION');
  });

  test('stops both revisions asked for at once, whose difference is a reading', async () => {
    expect(await answer([own.sum0, own.sum1])).toBe('403 RELEASE_OLD_REVISION');
    expect(await answer([own.sum0])).toBe('403 RELEASE_OLD_REVISION');
    expect(await answer([own.sum1])).toBe('200');
  });
});
