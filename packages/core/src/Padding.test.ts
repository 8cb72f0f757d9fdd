// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, drawn, flipped } from './core.testkit.js';
import { concat, equal } from './crypto/bytes.js';
import * as Padding from './Padding.js';

describe('padding', () => {
  test('comes off again, for every length up to 5,000 and some beyond', () => {
    const content = drawn('padding')(20_000);
    const lengths = [...Array.from({ length: 5000 }, (_, i) => i), 8187, 8188, 8189, 16_380, 16_381, 20_000];
    for (const length of lengths) {
      const some = content.subarray(0, length);
      expect(equal(Padding.unpad(Padding.pad(some))!, some)).toBe(true);
    }
  });

  test('leaves few lengths to tell apart: steps of 256 up to 4 KiB, then at most an eighth is added', () => {
    const lengths = new Set<number>();
    for (let length = 0; length < 1 << 20; length = Math.ceil(length * 1.01) + 1) {
      const padded = Padding.pad(new Uint8Array(length)).length;
      lengths.add(padded);
      expect(padded % 256).toBe(0);
      expect(padded).toBeGreaterThanOrEqual(length + 4);
      if (length + 4 <= 4096) expect(padded - (length + 4)).toBeLessThan(256);
      else expect(padded - (length + 4)).toBeLessThanOrEqual((length + 4) / 8);
    }
    // 16 up to 4 KiB, and 8 for each of the 8 doublings to 1 MiB.
    expect(lengths.size).toBeLessThanOrEqual(16 + 8 * 8 + 1);
  });

  test('has one form: another length, another byte of padding, or a length that lies is refused', () => {
    fc.assert(
      fc.property(fc.nat(1500).chain(bytesOf), fc.nat(), (content, n) => {
        const padded = Padding.pad(content);
        expect(Padding.unpad(concat(padded, new Uint8Array(256)))).toBeUndefined();
        expect(Padding.unpad(padded.slice(0, -256))).toBeUndefined();
        expect(Padding.unpad(padded.slice(0, -1))).toBeUndefined();
        const zeros = padded.length - content.length - 4;
        if (zeros > 0)
          expect(
            Padding.unpad(flipped(padded, (4 + content.length) * 8 + (n % (zeros * 8)))),
          ).toBeUndefined();
        const lying = flipped(padded, n % 32);
        const told = Padding.unpad(lying);
        expect(told === undefined || equal(Padding.pad(told), lying)).toBe(true);
      }),
    );
    for (const bytes of [new Uint8Array(), new Uint8Array(3), new Uint8Array(256).fill(255)])
      expect(Padding.unpad(bytes)).toBeUndefined();
  });
});
