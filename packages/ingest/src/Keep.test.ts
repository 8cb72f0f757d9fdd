// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Keep from './Keep.js';

describe('records kept in their own words', () => {
  test('lose their secrets and nothing else, at any depth', () => {
    const value = {
      a: 1,
      deviceToken: 'x',
      list: [{ api_secret: 'x', API_SECRET: 'x', 'api-secret': 'x', keep: true }],
      profileJson: { password: 'x', token: 'x', tokens: 3, accessToken: 'x', secretary: 'y' },
      url: 'https://SECRET@example.org/api?token=SECRET&count=3',
    };
    expect(Keep.json(value)).toBe(
      '{"a":1,"list":[{"keep":true}],"profileJson":{"tokens":3,"secretary":"y"},"url":"https://example.org/api?token=&count=3"}',
    );
  });

  test('nested too deep are not kept', () => {
    const nest = (n: number): unknown => (n === 0 ? 1 : { a: nest(n - 1) });
    expect(Keep.json(nest(32))).toBeDefined();
    expect(Keep.json(nest(33))).toBeUndefined();
    expect(Keep.document('x', nest(40))).toBe('large');
  });
});
