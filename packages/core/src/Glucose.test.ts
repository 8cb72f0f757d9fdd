// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayMgdl, displayMmol, mgdlPerMmol, toMgdl } from './Glucose.js';

describe('glucose in two units', () => {
  test.each([
    [54, 3.0],
    [70, 3.9],
    [100, 5.6],
    [109, 6.1],
    [140, 7.8],
    [180, 10.0],
    [250, 13.9],
    [400, 22.2],
  ])('%d mg/dL is shown as %d mmol/L', (mgdl, mmol) => {
    expect(displayMmol(mgdl, 'mg/dL')).toBe(mmol);
  });

  test.each([
    [3.0, 54],
    [3.9, 70],
    [5.6, 101],
    [6.1, 110],
    [7.8, 141],
    [10.0, 180],
    [13.9, 250],
  ])('%d mmol/L is shown as %d mg/dL', (mmol, mgdl) => {
    expect(displayMgdl(mmol, 'mmol/L')).toBe(mgdl);
  });

  test('a value received in mg/dL is not touched', () => {
    expect(toMgdl(123.4, 'mg/dL')).toBe(123.4);
    expect(toMgdl(1, 'mmol/L')).toBe(mgdlPerMmol);
  });

  test('a whole number of mg/dL is shown as itself, and halves round up', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1000 }), (v) => displayMgdl(v, 'mg/dL') === v));
    expect(displayMgdl(69.5, 'mg/dL')).toBe(70);
    expect(displayMgdl(69.49, 'mg/dL')).toBe(69);
  });

  test('law: going to mg/dL and back shows the same mmol/L', () => {
    for (let tenths = 0; tenths <= 600; tenths++) {
      const mmol = tenths / 10;
      expect(displayMmol(displayMgdl(mmol, 'mmol/L'), 'mg/dL')).toBe(mmol);
    }
  });

  test('law: going to mmol/L and back moves a value by one mg/dL at most', () => {
    for (let mgdl = 0; mgdl <= 600; mgdl++) {
      expect(Math.abs(displayMgdl(displayMmol(mgdl, 'mg/dL'), 'mmol/L') - mgdl)).toBeLessThanOrEqual(1);
    }
  });

  test('law: what is shown never falls as the value rises', () => {
    const value = fc.double({ min: 0, max: 1000, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.constantFrom('mg/dL' as const, 'mmol/L' as const), (a, b, unit) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(displayMgdl(low, unit)).toBeLessThanOrEqual(displayMgdl(high, unit));
        expect(displayMmol(low, unit)).toBeLessThanOrEqual(displayMmol(high, unit));
      }),
    );
  });
});
