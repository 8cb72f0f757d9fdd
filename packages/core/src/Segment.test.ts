// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { drawn, flipped } from './core.testkit.js';
import { toHex } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import * as Xwing from './crypto/xwing.js';
import * as Epoch from './Epoch.js';
import * as Segment from './Segment.js';

const random = drawn('segment');
const about = { account: random(32), stream: 'glucose/raw', day: 46_000, openedAt: 1, revision: 0 } as const;
const daySeed = random(32);
type Place = Pick<Segment.Header, 'chain' | 'number' | 'previous' | 'cites' | 'sealedAt'>;
const place: Place = { chain: random(16), number: 1, previous: Segment.genesis, cites: [], sealedAt: 2 };

let gateway: Ed25519.SigningKey;
let other: Ed25519.SigningKey;
let epoch: Epoch.Epoch;
let secrets: Epoch.Secrets;
beforeAll(async () => {
  gateway = await Ed25519.fromSeed(random(32));
  other = await Ed25519.fromSeed(random(32));
  ({ epoch, secrets } = await Epoch.create(about, Xwing.publicKeyOf(daySeed), gateway, random));
});
const seal = (plaintext: Uint8Array, change: Partial<Place> = {}) =>
  Segment.seal(epoch, secrets.contentKey, { ...place, ...change }, plaintext, gateway, random);

describe('an epoch', () => {
  test('opens with both locks to the key that sealed', () => {
    const parsed = Epoch.parse(epoch.bytes);
    expect(toHex(Epoch.open(parsed, daySeed, secrets.lockSecret))).toBe(toHex(secrets.contentKey));
    expect(Epoch.opensLock(parsed, secrets.lockSecret)).toBe(true);
    expect(Epoch.isContentKey(parsed, secrets.contentKey)).toBe(true);
  });

  test('opens with neither lock alone, and says which is wrong', () => {
    for (let bit = 0; bit < 256; bit += 17) {
      expect(() => Epoch.open(epoch, daySeed, flipped(secrets.lockSecret, bit))).toThrow(
        Epoch.WrongLockError,
      );
      expect(() => Epoch.open(epoch, flipped(daySeed, bit), secrets.lockSecret)).toThrow(Epoch.WrongKeyError);
      expect(Epoch.isContentKey(epoch, flipped(secrets.contentKey, bit))).toBe(false);
    }
  });

  test('binds its key to everything in its header: with any field changed it no longer opens or verifies', async () => {
    const { header } = epoch;
    const changes: Partial<Epoch.Header>[] = [
      { account: flipped(header.account, 0) },
      { stream: 'glucose/day' },
      { day: 46_001 },
      { day: null },
      { id: flipped(header.id, 0) },
      { gateway: other.publicKey },
      { openedAt: 2 },
      { revision: 1 },
      { lockP: flipped(header.lockP, 0) },
      { lockCommitment: flipped(header.lockCommitment, 0) },
      { keyCommitment: flipped(header.keyCommitment, 0) },
    ];
    expect(changes.length).toBe(Object.keys(header).length + 1);
    for (const change of changes) {
      const altered = { ...epoch, header: { ...header, ...change } };
      expect(() => Epoch.open(altered, daySeed, secrets.lockSecret)).toThrow(/./);
      expect(await Epoch.verify(altered)).toBe(false);
    }
  });

  test('whose lock P no sender can have made is a wrong key, not a fault of the program', () => {
    const lockP = new Uint8Array(1120);
    const altered = { ...epoch, header: { ...epoch.header, lockP } };
    expect(() => Epoch.open(altered, daySeed, secrets.lockSecret)).toThrow(Epoch.WrongKeyError);
  });

  test('draws everything anew: two of one stream day share no key, id or commitment', async () => {
    const again = await Epoch.create(about, Xwing.publicKeyOf(daySeed), gateway, random);
    const parts = [epoch, again.epoch].flatMap(({ header: h, hash }) =>
      [h.id, h.lockP, h.lockCommitment, h.keyCommitment, hash].map(toHex),
    );
    expect(new Set(parts).size).toBe(parts.length);
    expect(toHex(again.secrets.contentKey)).not.toBe(toHex(secrets.contentKey));
  });

  test('of a stream this program does not know is told from a spoilt one', () => {
    const bytes = new Uint8Array(epoch.bytes);
    const at = Buffer.from(bytes).indexOf('glucose/raw');
    bytes.set(new TextEncoder().encode('glucose/new'), at);
    expect(() => Epoch.parse(bytes)).toThrow(Epoch.UnknownStreamError);
  });
});

describe('a segment', () => {
  test('opens to its plaintext, of any length up to the limit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (plaintext) => {
        const segment = Segment.parse((await seal(plaintext)).bytes);
        expect(await Segment.verify(segment)).toBe(true);
        expect(toHex(Segment.open(segment, epoch, secrets.contentKey))).toBe(toHex(plaintext));
      }),
      { numRuns: 25 },
    );
    const most = await seal(new Uint8Array(Segment.maxPlaintext));
    expect(Segment.open(most, epoch, secrets.contentKey).length).toBe(Segment.maxPlaintext);
    await expect(seal(new Uint8Array(Segment.maxPlaintext + 1))).rejects.toThrow(RangeError);
  });

  test('tells a coarse size only', async () => {
    const lengths = await Promise.all(
      [0, 1, 100, 250].map(async (n) => (await seal(new Uint8Array(n))).bytes.length),
    );
    expect(new Set(lengths).size).toBe(1);
  });

  test('does not open with another key, under another epoch, or with any field of its header changed', async () => {
    const segment = await seal(drawn('content')(50));
    const { epoch: elsewhere } = await Epoch.create(about, Xwing.publicKeyOf(daySeed), gateway, random);
    const opening =
      (s: Segment.Segment, e = epoch, key = secrets.contentKey) =>
      () =>
        Segment.open(s, e, key);
    expect(opening(segment)).not.toThrow();
    expect(opening(segment, elsewhere)).toThrow(Segment.TamperedError);
    expect(opening(segment, epoch, flipped(secrets.contentKey, 0))).toThrow(Segment.TamperedError);
    const { header } = segment;
    const changes: Partial<Segment.Header>[] = [
      { account: flipped(header.account, 0) },
      { stream: 'glucose/day' },
      { day: 46_001 },
      { epochHash: elsewhere.hash },
      { gateway: other.publicKey },
      { chain: flipped(header.chain, 0) },
      { number: 2 },
      { previous: flipped(header.previous, 0) },
      { cites: [{ chain: header.chain, number: 1, hash: header.blind }] },
      { blind: flipped(header.blind, 0) },
      { sealedAt: 3 },
    ];
    expect(changes.length).toBe(Object.keys(header).length - 1);
    for (const change of [...changes, { ciphertextHash: flipped(header.ciphertextHash, 0) }]) {
      const altered = { ...segment, header: { ...header, ...change } };
      expect(await Segment.verify(altered)).toBe(false);
    }
    for (const change of changes)
      expect(opening({ ...segment, header: { ...header, ...change } })).toThrow(Segment.TamperedError);
  });

  test('with one bit of its ciphertext turned neither verifies nor opens', async () => {
    const segment = await seal(drawn('content')(50));
    for (let bit = 0; bit < segment.ciphertext.length * 8; bit += 31) {
      const altered = { ...segment, ciphertext: flipped(segment.ciphertext, bit) };
      expect(await Segment.verify(altered)).toBe(false);
      expect(() => Segment.open(altered, epoch, secrets.contentKey)).toThrow(Segment.TamperedError);
    }
  });

  test('leaves on chain nothing that equal content would show: its leaf is blinded', async () => {
    const plaintext = drawn('content')(50);
    const two = [await seal(plaintext), await seal(plaintext)];
    for (const part of [two.map(Segment.leaf), two.map((s) => s.hash), two.map((s) => s.ciphertext)])
      expect(new Set(part.map(toHex)).size).toBe(2);
    const [one] = two as [Segment.Segment];
    const blinded = { ...one, header: { ...one.header, blind: new Uint8Array(32) } };
    expect(toHex(Segment.leaf(blinded))).not.toBe(toHex(Segment.leaf(one)));
  });

  test('and its header alone say the same', async () => {
    const segment = await seal(drawn('content')(50), { number: 2, previous: random(32) });
    const { header, hash, headerBytes } = Segment.parseHeader(segment.headerBytes);
    expect(header).toEqual(segment.header);
    expect([toHex(hash), toHex(headerBytes)]).toEqual([toHex(segment.hash), toHex(segment.headerBytes)]);
    expect(toHex(Segment.leaf({ header, hash }))).toBe(toHex(Segment.leaf(segment)));
  });
});
