// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyDay, anyStream, bytesOf, drawn, flipped, refuseOrRepeat, spoilt } from './core.testkit.js';
import { toHex } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import * as Secp256k1 from './crypto/secp256k1.js';
import * as Days from './Day.js';
import * as Erasure from './Erasure.js';
import * as Receipt from './ErasureReceipt.js';
import * as Message from './Message.js';
import type { Stream } from './Stream.js';
import { encodeSigned } from './signed.js';
import * as Erasing from './wire/Erasing.js';

const random = drawn('erasure');
const key = Secp256k1.secretKeyFrom(random);
const signer = await Ed25519.fromSeed(random(32));

const anyScope: fc.Arbitrary<Erasure.Scope> = fc
  .tuple(
    bytesOf(32),
    fc.uniqueArray(anyStream, { maxLength: 5 }),
    fc.uniqueArray(bytesOf(32), { maxLength: 3, selector: toHex }),
  )
  .map(([salt, streams, grants]) => ({
    salt,
    streams: streams.sort(),
    grants: grants.sort((a, b) => (toHex(a) < toHex(b) ? -1 : 1)),
  }));

const messageOf = (scope: Erasure.Scope, firstDay = 10, lastDay = 20): Message.Erase => ({
  chain: 31_337n,
  target: new Uint8Array(20).fill(3),
  erasureId: new Uint8Array(32).fill(4),
  account: new Uint8Array(32).fill(5),
  streams: Erasure.codesOf(scope),
  firstDay: scope.streams.length === 0 ? Days.first : firstDay,
  lastDay: scope.streams.length === 0 ? Days.last : lastDay,
  scopeHash: Erasure.hashOf(Erasure.encodeScope(scope)),
  nonce: 1n,
  deadline: 2,
});

const codec = { decode: Erasure.parseScope, encode: Erasure.encodeScope };

describe('a scope', () => {
  test('comes back from its bytes, and no other bytes say the same', async () => {
    await fc.assert(
      fc.asyncProperty(anyScope, async (scope) => {
        expect(Erasure.parseScope(Erasure.encodeScope(scope))).toEqual(scope);
      }),
    );
    const bytes = Erasure.encodeScope({
      salt: random(32),
      streams: ['glucose/day', 'glucose/raw'],
      grants: [random(32)],
    });
    for (const bad of spoilt(bytes)) await refuseOrRepeat(codec, bad);
  });

  test('names nothing twice or out of order', () => {
    const salt = random(32);
    const bad: Stream[][] = [
      ['glucose/raw', 'glucose/raw'],
      ['glucose/raw', 'glucose/day'],
    ];
    for (const streams of bad)
      expect(() => Erasure.parseScope(Erasure.encodeScope({ salt, streams, grants: [] }))).toThrow();
    const grants = [new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)];
    expect(() => Erasure.parseScope(Erasure.encodeScope({ salt, streams: [], grants }))).toThrow();
  });

  test('is what the message was signed about, and no other', () => {
    fc.assert(
      fc.property(anyScope, anyScope, (scope, other) => {
        const message = messageOf(scope);
        const bytes = Erasure.encodeScope(scope);
        expect(Erasure.isAbout(message, bytes, scope)).toBe(true);
        if (toHex(bytes) !== toHex(Erasure.encodeScope(other)))
          expect(Erasure.isAbout(message, Erasure.encodeScope(other), other)).toBe(false);
        // Codes and words that differ, though the hash is right.
        const more = { ...message, streams: [...message.streams, new Uint8Array(32)] };
        expect(Erasure.isAbout(more, bytes, scope)).toBe(false);
      }),
    );
  });

  test('without streams is of all days, and of days that are some', () => {
    const all: Erasure.Scope = { salt: random(32), streams: [], grants: [] };
    const bytes = Erasure.encodeScope(all);
    expect(Erasure.isAbout({ ...messageOf(all), firstDay: 1 }, bytes, all)).toBe(false);
    const some: Erasure.Scope = { salt: random(32), streams: ['note/raw'], grants: [] };
    for (const [first, last] of [
      [20, 10],
      [-1, 5],
      [5, Days.last + 1],
    ] as const)
      expect(Erasure.isAbout(messageOf(some, first, last), Erasure.encodeScope(some), some)).toBe(false);
  });

  test('takes exactly its streams and days, and late data of its streams whatever the days', () => {
    fc.assert(
      fc.property(anyScope, anyStream, anyDay, anyDay, anyDay, ({ streams }, stream, a, b, day) => {
        const extent = { streams, firstDay: Math.min(a, b), lastDay: Math.max(a, b) };
        const named = streams.length === 0 || streams.includes(stream);
        expect(Erasure.covers(extent, stream, day)).toBe(
          named && day >= extent.firstDay && day <= extent.lastDay,
        );
        expect(Erasure.covers(extent, stream, null)).toBe(named);
      }),
    );
  });
});

describe('a handover', () => {
  test('gives its order where message and scope belong together, and none otherwise', () => {
    fc.assert(
      fc.property(anyScope, anyScope, (scope, other) => {
        const erase = encodeSigned(Message.erase, Message.sign(Message.erase, messageOf(scope), key));
        const bytes = Erasing.encodeHandover({ erase, scope: Erasure.encodeScope(scope) });
        expect(Erasing.parseOrder(bytes)).toMatchObject({ scope, extent: { streams: scope.streams } });
        const swapped = Erasing.encodeHandover({ erase, scope: Erasure.encodeScope(other) });
        if (toHex(swapped) !== toHex(bytes)) expect(Erasing.parseOrder(swapped)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});

describe('a receipt', () => {
  const receiptOf = (role: Receipt.Role): Receipt.Receipt => ({
    role,
    keeper: role === 'hub' ? Secp256k1.addressOf(key) : signer.publicKey,
    custodian: role === 'custodian' ? 2 : 0,
    erasureId: new Uint8Array(32).fill(4),
    account: new Uint8Array(32).fill(5),
    scopeHash: new Uint8Array(32).fill(6),
    firstDay: 10,
    lastDay: 20,
    at: 1_767_225_600_000,
    dropped: Receipt.counted({ segments: 3, secrets: 0, epochs: 1 }),
  });
  const signedBy = (receipt: Receipt.Receipt) =>
    receipt.role === 'hub' ? Receipt.signAsHub(receipt, key) : Receipt.sign(receipt, signer);

  test.each(Receipt.roles)('of a %s is read back, and holds under its own key alone', async (role) => {
    const receipt = receiptOf(role);
    const bytes = await signedBy(receipt);
    expect(await Receipt.parse(bytes)).toEqual(receipt);
    expect(receipt.dropped).toEqual([
      ['segments', 3],
      ['epochs', 1],
    ]);
    const named = { ...receipt, keeper: flipped(receipt.keeper, 3) };
    expect(await Receipt.parse(await signedBy(named))).toBeUndefined();
  });

  test('is refused with any bit turned, cut or longer', async () => {
    const bytes = await Receipt.sign(receiptOf('custodian'), signer);
    for (const bad of spoilt(bytes, 7)) {
      const read = await Receipt.parse(bad).catch(() => undefined);
      expect(read).toBeUndefined();
    }
  });
});
