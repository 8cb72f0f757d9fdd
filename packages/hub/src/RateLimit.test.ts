// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import { rateLimit } from './RateLimit.js';

describe('a rate', () => {
  test('lets a burst through, then so many a second, each address for itself', () => {
    let now = 0;
    const limit = rateLimit({ perSecond: 2, burst: 3 }, () => now);
    expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 1]);
    expect(limit.take('b')).toBe(0);
    now = 500;
    expect([1, 2].map(() => limit.take('a'))).toEqual([0, 1]);
    now = 1_000_000;
    expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 1]);
  });

  test('is not renewed by a clock that goes back', () => {
    let now = 10_000;
    const limit = rateLimit({ perSecond: 1, burst: 1 }, () => now);
    expect(limit.take('a')).toBe(0);
    now = 0;
    expect(limit.take('a')).toBe(1);
  });
});
