// Copyright the Islet authors. AGPL-3.0-or-later.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Squeeze from './Squeeze.js';

const hexadecimal = fc.uint8Array({ maxLength: 300 }).map((b) => `0x${Buffer.from(b).toString('hex')}`);
/** Strings that are hexadecimal, almost, or look like the ends of it. */
const word = fc.oneof(
  hexadecimal,
  fc.string(),
  fc.constantFrom('0x', '0xa', '0xAB', '"0xab"', 'a"0xab', '\u0001ab'),
);
const json = fc
  .dictionary(word, fc.oneof(word, fc.array(word), fc.integer(), fc.constant(null)))
  .map((value) => JSON.stringify(value));

test('any JSON comes back, with any dictionary', () => {
  fc.assert(
    fc.property(json, fc.uint8Array({ minLength: 1, maxLength: 70_000 }), (given, dictionary) => {
      const against = Buffer.from(dictionary);
      const written = Squeeze.deflate(Squeeze.plain(given), against);
      expect(Squeeze.text(Squeeze.inflate(written, against))).toBe(given);
    }),
  );
});

test('what was said before costs next to nothing', () => {
  const said = Squeeze.plain(JSON.stringify({ hash: `0x${'c0ffee'.repeat(40)}`, list: ['0x1234', '0x99'] }));
  expect(Squeeze.deflate(said, Squeeze.joined(said)).length).toBeLessThan(12);
});
