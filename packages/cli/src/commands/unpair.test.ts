// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import { NoSuchAppError, oneOf } from './unpair.js';

const paired = [
  { id: 'aabb01', name: 'xDrip+' },
  { id: 'aabb02', name: 'Loop' },
  { id: 'ccdd03', name: 'Loop' },
  { id: 'eeff04', name: 'aabb' },
];

test('an app is found by its name, or by the first characters of its id', () => {
  expect(oneOf(paired, 'xDrip+').id).toBe('aabb01');
  expect(oneOf(paired, 'CCDD').id).toBe('ccdd03');
  // A name comes first, so that no app can hide behind another's id.
  expect(oneOf(paired, 'aabb').id).toBe('eeff04');
});

test.each(['Loop', 'aab', 'ccc', 'xdrip+', ''])('%s names no single app', (text) => {
  expect(() => oneOf(paired, text)).toThrow(NoSuchAppError);
});
