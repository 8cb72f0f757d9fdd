// Copyright the Islet authors. AGPL-3.0-or-later.
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Compress from './Compress.js';
import { MalformedError } from './codec.js';
import { drawn, spoilt } from './core.testkit.js';
import { concat, equal, utf8 } from './crypto/bytes.js';

const text = utf8('the same reading again and again '.repeat(60));
const tagged = (tag: number, bytes: Uint8Array) => concat(new Uint8Array([tag]), bytes);

describe('packing', () => {
  test('gives back what was packed, and never adds more than a byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1200 }), fc.nat(5), async (bytes, times) => {
        const repeated = concat(...Array.from({ length: times }, () => bytes));
        const packed = await Compress.pack(repeated);
        expect(packed.length).toBeLessThanOrEqual(repeated.length + 1);
        expect(equal(await Compress.unpack(packed), repeated)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('makes repetitive text small, and leaves short or random bytes as they are', async () => {
    expect((await Compress.pack(text)).length).toBeLessThan(text.length / 10);
    for (const bytes of [utf8('short'), drawn('noise')(5000)])
      expect(equal(await Compress.pack(bytes), tagged(0, bytes))).toBe(true);
  });

  test('reads what any other compressor made of the same bytes', async () => {
    for (const level of [0, 1, 6, 9])
      expect(equal(await Compress.unpack(tagged(1, deflateRawSync(text, { level }))), text)).toBe(true);
  });

  test('refuses a bomb at the limit, whatever it would grow to, and takes what just fits', async () => {
    const zeros = (length: number) => tagged(1, deflateRawSync(new Uint8Array(length)));
    expect((await Compress.unpack(zeros(Compress.maxInflated))).length).toBe(Compress.maxInflated);
    for (const length of [Compress.maxInflated + 1, 64 << 20])
      await expect(Compress.unpack(zeros(length))).rejects.toThrow(MalformedError);
    await expect(Compress.unpack(tagged(0, new Uint8Array(Compress.maxInflated + 1)))).rejects.toThrow(
      MalformedError,
    );
  });

  test('packs nothing that it would not unpack', async () => {
    await expect(Compress.pack(new Uint8Array(Compress.maxInflated + 1))).rejects.toThrow(RangeError);
    const most = new Uint8Array(Compress.maxInflated);
    expect((await Compress.unpack(await Compress.pack(most))).length).toBe(Compress.maxInflated);
  });

  test('refuses what is cut, goes on behind its end, or is packed in another way', async () => {
    const packed = tagged(1, deflateRawSync(text));
    for (let cut = 0; cut < packed.length; cut++)
      await expect(Compress.unpack(packed.slice(0, cut))).rejects.toThrow(MalformedError);
    for (const extra of [new Uint8Array(1), utf8('more'), packed])
      await expect(Compress.unpack(concat(packed, extra))).rejects.toThrow(MalformedError);
    for (const tag of [2, 3, 255])
      await expect(Compress.unpack(tagged(tag, text))).rejects.toThrow(MalformedError);
  });

  test('throws nothing but MalformedError for spoilt bytes', async () => {
    for (const bytes of spoilt(tagged(1, deflateRawSync(text.slice(0, 300)))))
      await Compress.unpack(bytes).catch((error) => expect(error).toBeInstanceOf(MalformedError));
  });
});
