// Copyright the Islet authors. AGPL-3.0-or-later.
// Laws that every format keeps, tried on its published vectors.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode, type Item } from './codec.js';
import { decoded, refuseOrRepeat, spoilt } from './core.testkit.js';
import { equal, toHex } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import * as Epoch from './Epoch.js';
import * as Head from './Head.js';
import * as Segment from './Segment.js';
import { casesOf, codecs } from './vectors.testkit.js';

/** Files whose bytes are longer than this are spoilt in every so manieth place only. */
const many = 500;

const anyItem = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Item>(null, true, 0, 1, -1, 'glucose/raw', 'Revoke', 0.5),
    fc.nat(200_000),
    fc.constantFrom(16, 20, 32, 33, 49, 64).map((length) => new Uint8Array(length)),
    fc.array(tie('item'), { maxLength: 4 }),
  ),
})).item;

describe.each(Object.entries(codecs))('islet/%s', (file, codec) => {
  const all = casesOf(file).filter((c) => file !== 'signed' || c.input.kind === 'Grant');

  test('decodes to what encodes to the same bytes', async () => {
    expect(all.length).toBeGreaterThan(0);
    for (const { bytes } of all) {
      const value = await codec.decode(bytes);
      expect(toHex(await codec.encode(value))).toBe(toHex(bytes));
    }
  });

  test('cut anywhere, one byte too long, or with any bit turned is refused, or says something else in its one form', async () => {
    const [{ bytes }] = all as [(typeof all)[0]];
    for (const other of spoilt(bytes, Math.ceil(bytes.length / many))) await refuseOrRepeat(codec, other);
  });

  test('refuses another version and fields too many or too few', async () => {
    const [{ bytes }] = all as [(typeof all)[0]];
    // An array of more than 23 items has its length in a byte of its own.
    const opening = bytes[0] === 0x98 ? 2 : 1;
    const head = opening + new TextEncoder().encode(`islet/${file}`).length + (file.length + 6 > 23 ? 2 : 1);
    expect(bytes[head]).toBe(1);
    for (const version of [0, 2, 23])
      expect(await decoded(codec, new Uint8Array(bytes).with(head, version))).toBeUndefined();
    const longer = new Uint8Array([...bytes, 0xf6]);
    longer[opening - 1]!++;
    expect(await decoded(codec, longer)).toBeUndefined();
    expect(await decoded(codec, encode(`islet/${file}`, 1, []))).toBeUndefined();
  });

  test('throws nothing but its own errors for bytes and fields of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyItem, { maxLength: 12 }), async (items) => {
        await refuseOrRepeat(codec, encode(`islet/${file}`, 1, items));
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), (bytes) => refuseOrRepeat(codec, bytes)),
      { numRuns: 60 },
    );
  });
});

describe('what a writer signed', () => {
  const verifies: [string, (bytes: Uint8Array) => Promise<boolean>][] = [
    ['epoch', async (bytes) => Epoch.verify(Epoch.parse(bytes))],
    ['segment', async (bytes) => Segment.verify(Segment.parse(bytes))],
    ['segment-header', async (bytes) => Segment.verifyHeader(Segment.parseHeader(bytes))],
    ['head', async (bytes) => Head.verify(Head.parse(bytes))],
  ];

  test.each(verifies)('the %s verifies as it is, and with no bit turned', async (file, verify) => {
    for (const { bytes } of casesOf(file)) {
      expect(await verify(bytes)).toBe(true);
      const step = Math.ceil(bytes.length / 60) * 3 + 1;
      for (const other of spoilt(bytes, step)) expect(await verify(other).catch(() => false)).toBe(false);
    }
  });

  test('signatures of one record are none of another: each signs under its own domain', async () => {
    const [epoch, segment] = ['epoch', 'segment'].map((f) => casesOf(f)[0]!);
    const parsed = Epoch.parse(epoch!.bytes);
    const header = Segment.parse(segment!.bytes).header;
    expect(
      await Segment.verifyHeader({ ...Segment.parse(segment!.bytes), signature: parsed.signature }),
    ).toBe(false);
    expect(equal(header.gateway, parsed.header.gateway)).toBe(true);
    const signer = await Ed25519.fromSeed(epoch!.input.gatewaySeed);
    const bare = await signer.sign(parsed.bytes);
    expect(await Epoch.verify({ ...parsed, signature: bare })).toBe(false);
  });
});
