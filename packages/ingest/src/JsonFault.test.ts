// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { position } from './JsonFault.js';

test.each([
  ['[1,2,x]', 5],
  ['[1,2', 4],
  ['{"a":1,}', 7],
  ['[1 2]', 3],
  ['{"a" 1}', 5],
  ['[tru]', 1],
  ['["a\nb"]', 3],
  ['["\\x"]', 2],
  ['[1]]', 3],
  ['[,1]', 1],
  ['{]', 1],
  ['', 0],
])('%j breaks at %d', (text, at) => {
  expect(position(text)).toBe(at);
});

test('law: of a text that is JSON nothing is broken before its end', () => {
  fc.assert(fc.property(fc.json(), (text) => position(text) === text.length));
});

test('law: a text cut short is broken where it was cut, or in its last word', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, n) => {
      const cut = `[${text}`.slice(0, 1 + (n % (text.length + 1)));
      const at = position(cut);
      expect(at).toBeLessThanOrEqual(cut.length);
      expect(cut.slice(at)).toMatch(/^(-|t|tr|tru|f|fa|fal|fals|n|nu|nul|\\u?[0-9a-fA-F]{0,3}|[.eE][+-]?)?$/);
    }),
  );
});

test('a text nested a million deep, or a string of ten million characters, is no trouble', () => {
  expect(position('['.repeat(1_000_000))).toBe(1_000_000);
  expect(position(`["${'a'.repeat(10_000_000)}`)).toBe(10_000_002);
});
