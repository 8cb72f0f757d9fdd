// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decoded, drawn, flipped, refuseOrRepeat, spoilt } from './core.testkit.js';
import { equal, toHex } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import { sha256 } from './crypto/hash.js';
import * as Hpke from './crypto/hpke.js';
import { combine } from './crypto/shamir.js';
import * as Xwing from './crypto/xwing.js';
import * as Epoch from './Epoch.js';
import * as Message from './Message.js';
import * as Shares from './Shares.js';
import { kinds } from './wire/Stated.js';

const random = drawn('shares');
const seeds = [1, 2, 3].map(() => random(32));
const other = random(32);
const about = { account: random(32), stream: 'glucose/raw', day: 46_000, openedAt: 1, revision: 0 } as const;

let gateway: Ed25519.SigningKey;
let keys: Uint8Array[];
let epoch: Epoch.Epoch;
let lockSecret: Uint8Array;
let shares: Shares.Shares;
const codec = { decode: Shares.parse, encode: (s: Shares.Shares) => s.bytes };

beforeAll(async () => {
  gateway = await Ed25519.fromSeed(random(32));
  keys = await Promise.all(seeds.map(Hpke.publicKeyOf));
  const made = await Epoch.create(about, Xwing.publicKeyOf(random(32)), gateway, random);
  epoch = made.epoch;
  lockSecret = made.secrets.lockSecret;
  shares = await Shares.create(epoch, lockSecret, { version: 1, threshold: 2, keys }, gateway);
});

const openAll = (s: Shares.Shares): Promise<Uint8Array[]> =>
  Promise.all(seeds.map(async (seed, i) => (await Shares.openOwn(s, epoch, i + 1, seed))!));

describe('shares', () => {
  test('are dealt the same again from the same secret, and verify after a round trip', async () => {
    const again = await Shares.create(epoch, lockSecret, { version: 1, threshold: 2, keys }, gateway);
    expect(toHex(again.bytes)).toBe(toHex(shares.bytes));
    const parsed = Shares.parse(shares.bytes);
    expect(parsed).toEqual(shares);
    expect(await Shares.verify(parsed, epoch)).toBe(true);
    expect(await Shares.rederives(parsed, epoch, lockSecret, keys)).toBe(true);
  });

  test('give the secret back from any two of three, and from all three', async () => {
    const [a, b, c] = await openAll(shares);
    for (const some of [
      [a!, b!],
      [b!, c!],
      [a!, c!],
      [c!, a!],
      [a!, b!, c!],
    ])
      expect(equal(await combine(some), lockSecret)).toBe(true);
  });

  test('are told from any other share by their commitment, bit by bit', async () => {
    const opened = await openAll(shares);
    opened.forEach((share, i) => {
      expect(Shares.isShare(shares, i + 1, share)).toBe(true);
      for (let bit = 0; bit < share.length * 8; bit++)
        expect(Shares.isShare(shares, i + 1, flipped(share, bit))).toBe(false);
      for (const index of [0, 1, 2, 3, 4, 0.5, -1].filter((n) => n !== i + 1))
        expect(Shares.isShare(shares, index, share)).toBe(false);
      expect(Shares.isShare(shares, i + 1, share.slice(0, -1))).toBe(false);
    });
  });

  test('open for their own custodian, place and epoch only', async () => {
    const { epoch: elsewhere } = await Epoch.create(about, Xwing.publicKeyOf(other), gateway, random);
    for (const index of [0, 1, 2, 3, 4])
      for (const [i, seed] of [...seeds, other].entries()) {
        expect((await Shares.openOwn(shares, epoch, index, seed)) !== undefined).toBe(
          i < 3 && index === i + 1,
        );
        expect(await Shares.openOwn(shares, elsewhere, index, seed)).toBeUndefined();
      }
    const renumbered = { ...shares, record: { ...shares.record, setVersion: 2 } };
    expect(await Shares.openOwn(renumbered, epoch, 1, seeds[0]!)).toBeUndefined();
  });

  test('do not open where the dealer committed to another share: it shows before anybody relies on it', async () => {
    const lying = shares.record.shares.map((s) => ({ ...s, commitment: flipped(s.commitment, 9) }));
    const record = { ...shares.record, shares: lying };
    expect(await Shares.openOwn({ ...shares, record }, epoch, 1, seeds[0]!)).toBeUndefined();
  });

  test('do not re-derive from another secret, other keys, or another number of them: the dealer is at fault', async () => {
    expect(await Shares.rederives(shares, epoch, flipped(lockSecret, 0), keys)).toBe(false);
    expect(await Shares.rederives(shares, epoch, lockSecret, keys.toReversed())).toBe(false);
    expect(await Shares.rederives(shares, epoch, lockSecret, keys.slice(0, 2))).toBe(false);
    expect(await Shares.rederives(shares, epoch, lockSecret, keys.slice(0, 1))).toBe(false);
    const swapped = { ...shares, record: { ...shares.record, shares: shares.record.shares.toReversed() } };
    expect(await Shares.rederives(swapped, epoch, lockSecret, keys)).toBe(false);
  });

  test('of two dealings that differ in set, threshold or number have nothing in common', async () => {
    const sets = [
      { version: 1, threshold: 2, keys },
      { version: 2, threshold: 2, keys },
      { version: 1, threshold: 3, keys },
      { version: 1, threshold: 2, keys: keys.slice(0, 2) },
    ];
    const dealt = await Promise.all(sets.map((set) => Shares.create(epoch, lockSecret, set, gateway)));
    const parts = dealt.flatMap((d) =>
      d.record.shares.flatMap((s) => [toHex(s.encapsulated), toHex(s.commitment)]),
    );
    expect(new Set(parts).size).toBe(parts.length);
  });

  test('are verified by signature, epoch and a threshold that can be met', async () => {
    const { epoch: elsewhere } = await Epoch.create(about, Xwing.publicKeyOf(other), gateway, random);
    expect(await Shares.verify(shares, elsewhere)).toBe(false);
    const { record } = shares;
    for (const changed of [
      { setVersion: 2 },
      { threshold: 3 },
      { dealer: (await Ed25519.fromSeed(other)).publicKey },
      { shares: record.shares.slice(0, 2) },
      { shares: record.shares.toReversed() },
    ])
      expect(await Shares.verify({ ...shares, record: { ...record, ...changed } }, epoch)).toBe(false);
    expect(await Shares.verify({ ...shares, signature: flipped(shares.signature, 77) }, epoch)).toBe(false);
    await expect(
      Shares.create(epoch, lockSecret, { version: 1, threshold: 4, keys }, gateway),
    ).rejects.toThrow(RangeError);
  });

  test('spoilt in any way are refused, or say what they say: and then nothing in them verifies', async () => {
    let n = 0;
    for (const bytes of spoilt(shares.bytes)) {
      await refuseOrRepeat(codec, bytes);
      if (n++ % 40 !== 0) continue;
      const parsed = await decoded(codec, bytes);
      if (parsed) expect(await Shares.verify(parsed, epoch)).toBe(false);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => refuseOrRepeat(codec, bytes)),
    );
  });
});

describe('shares that a wallet dealt anew', () => {
  const wallet = random(32);
  const here = { chainId: 31_337, identity: random(20) };
  let dealer: Ed25519.SigningKey;
  const stated = (changes: Partial<Message.Statement> = {}, key = wallet): Shares.Naming => {
    const hash = sha256(dealer.publicKey);
    const place = { chain: BigInt(here.chainId), target: here.identity };
    const message = { ...place, account: about.account, kind: kinds.dealer, hash, version: 1, ...changes };
    return Message.sign(Message.statement, message, key);
  };
  const speaks = (signer: Uint8Array): boolean => equal(signer, stated().signer);
  const dealtBy = (who: Ed25519.SigningKey) =>
    Shares.create(epoch, lockSecret, { version: 2, threshold: 2, keys }, who);
  const may = (some: Shares.Shares, of = epoch) => Shares.mayDeal(some, of, here, speaks);

  beforeAll(async () => {
    dealer = await Ed25519.fromSeed(random(32));
  });

  test('count as the gateway’s own do, and say the same after a round trip', async () => {
    const made = Shares.reshared(await dealtBy(dealer), stated());
    expect(may(made)).toBe(true);
    expect(may(shares)).toBe(true);
    const parsed = Shares.parse(made.bytes);
    expect(parsed).toEqual(made);
    expect(await Shares.verify(parsed, epoch)).toBe(true);
    expect(Shares.commitsTo(parsed, epoch, lockSecret)).toBe(true);
    expect(equal(await combine(await openAll(parsed)), lockSecret)).toBe(true);
  });

  test('do not without a word, or with one of anyone else, about anything else, or for elsewhere', async () => {
    const dealt = await dealtBy(dealer);
    expect(may(dealt)).toBe(false);
    const wrong: [string, Shares.Naming][] = [
      ['a stranger’s', stated({}, random(32))],
      ['about another account', stated({ account: random(32) })],
      ['about another dealer', stated({ hash: sha256(gateway.publicKey) })],
      ['of another kind', stated({ kind: kinds.roleKey })],
      ['for another chain', stated({ chain: 1n })],
      ['for another contract', stated({ target: random(20) })],
      ['altered', { ...stated(), signature: flipped(stated().signature, 9) }],
    ];
    for (const [what, naming] of wrong)
      expect([what, may(Shares.reshared(dealt, naming))]).toEqual([what, false]);
  });

  test('do not for another person’s epoch, nor when the gateway dealt and only borrows the word', async () => {
    const about2 = { ...about, account: random(32) };
    const { epoch: theirs } = await Epoch.create(about2, Xwing.publicKeyOf(random(32)), gateway, random);
    expect(may(Shares.reshared(await dealtBy(dealer), stated()), theirs)).toBe(false);
    expect(may(Shares.reshared(shares, stated()))).toBe(false);
  });
});
