// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import { watched } from './watchdog.testkit.js';

test('the watchdog stops what never ends, and passes on what ends and what is thrown', () => {
  const forever = () => {
    for (;;);
  };
  expect(() => watched(forever, 100)).toThrow(/timed out/);
  expect(watched(() => 7)).toBe(7);
  const failing = () => {
    throw new TypeError('mine');
  };
  expect(() => watched(failing)).toThrow(TypeError);
});
