// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import * as Keeper from './Keeper.js';
import { LONGEST_BACKOFF_MS } from './limits.js';

test('the wait before each further start doubles, up to the longest', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map(Keeper.backoff);
  expect(waits).toEqual([
    100,
    200,
    400,
    800,
    1600,
    3200,
    LONGEST_BACKOFF_MS,
    LONGEST_BACKOFF_MS,
    LONGEST_BACKOFF_MS,
  ]);
});
