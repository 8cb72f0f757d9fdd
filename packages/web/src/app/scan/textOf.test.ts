// Copyright the Islet authors. AGPL-3.0-or-later.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawn, type Picture } from './Drawn.testkit.js';
import { textOf } from './textOf.js';

/** Seen from another side: a quarter turned, so often. */
function turned(picture: Picture, quarters: number): Picture {
  if (quarters === 0) return picture;
  const { width, height, data } = picture;
  const out = new Uint8ClampedArray(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4;
      out.set(data.subarray(from, from + 4), (x * height + (height - 1 - y)) * 4);
    }
  return turned({ width: height, height: width, data: out }, quarters - 1);
}

/** What people hand each other: links, codes and kits, all of them ASCII. */
const handed = fc.string({
  unit: fc.constantFrom(...'abcXYZ0189-:/#?=&._'),
  minLength: 1,
  maxLength: 700,
});

test('what was drawn is read, whichever way up', () => {
  fc.assert(
    fc.property(handed, fc.integer({ min: 0, max: 3 }), (text, quarters) => {
      expect(textOf(turned(drawn(text), quarters))).toBe(text);
    }),
    { numRuns: 12 },
  );
});

test('where there is no code, nothing is read', () => {
  const grey = { width: 320, height: 240, data: new Uint8ClampedArray(320 * 240 * 4).fill(128) };
  expect(textOf(grey)).toBeUndefined();
  const half = drawn('only the upper half is seen', { width: 640, height: 480 });
  half.data.fill(255, half.data.length / 2);
  expect(textOf(half)).toBeUndefined();
});

test('a picture that is shorter than it says is not read, and breaks nothing', () => {
  const { width, height, data } = drawn('cut off');
  expect(textOf({ width, height, data: data.subarray(0, 100) })).toBeUndefined();
});
