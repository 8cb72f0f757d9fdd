// Copyright the Islet authors. AGPL-3.0-or-later.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Handed from './Handed.js';

test('what is copied comes out as it went in, however it was broken into lines on its way', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.integer({ min: 1, max: 60 }),
      (bytes, n) => {
        const lines = Handed.textOf(bytes).match(new RegExp(`.{1,${n}}`, 'g'))!;
        expect(Handed.bytesOf({ text: ` ${lines.join('\r\n')}\n` })).toEqual(bytes);
        expect(Handed.bytesOf({ bytes })).toBe(bytes);
      },
    ),
  );
});

test('what is no answer is said to be none', () => {
  expect(() => Handed.bytesOf({ text: 'Hello, here is my answer!' })).toThrow(
    expect.objectContaining({ code: 'WEB_BAD_ANSWER' }),
  );
});
