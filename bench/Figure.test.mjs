// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import * as Figure from './Figure.mjs';

test('figures have three digits, and more only before the point', () => {
  expect([0, 0.04567, 1.005, 12.345, 99.96, 1234.5, 1234567].map(Figure.count)).toEqual([
    '0',
    '0.0457',
    '1',
    '12.3',
    '100',
    '1,235',
    '1,234,567',
  ]);
  expect(Figure.count(Number.NaN)).toBe('–');
});

test('times and sizes carry their units', () => {
  expect([Figure.time(12.34), Figure.time(999), Figure.time(1_500)]).toEqual(['12.3 ms', '999 ms', '1.5 s']);
  expect([Figure.kilobytes(14_999), Figure.megabytes(512 * 1_048_576)]).toEqual(['15 kB', '512 MiB']);
});
