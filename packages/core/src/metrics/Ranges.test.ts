// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toMgdl } from '../Glucose.js';
import { anyPoint } from './metrics.testkit.js';
import * as Ranges from './Ranges.js';

const band = (mgdl: number) => Ranges.bandOf({ mgdl, beyond: null });
const isTight = (mgdl: number) => Ranges.isTight({ mgdl, beyond: null });

describe('ranges', () => {
  test.each([
    [53.49, 'veryLow'],
    [53.5, 'low'],
    [54, 'low'],
    [69.49, 'low'],
    [69.5, 'inRange'],
    [70, 'inRange'],
    [180.49, 'inRange'],
    [180.5, 'high'],
    [250.49, 'high'],
    [250.5, 'veryHigh'],
  ] as const)('%d mg/dL is %s: judged on the number shown', (mgdl, expected) => {
    expect(band(mgdl)).toBe(expected);
  });

  test.each([
    [2.9, 'veryLow'],
    [3.0, 'low'],
    [3.8, 'low'],
    [3.9, 'inRange'],
    [10.0, 'inRange'],
    [10.1, 'high'],
    [13.9, 'high'],
    [14.0, 'veryHigh'],
  ] as const)('%d mmol/L is %s, as the consensus has it in mmol/L', (mmol, expected) => {
    expect(band(toMgdl(mmol, 'mmol/L'))).toBe(expected);
  });

  test('the tight range is 70 to 140, both inside', () => {
    expect([69.4, 69.5, 140.4, 140.5].map(isTight)).toEqual([false, true, true, false]);
  });

  test('a word is beyond everything, whatever number stands in for it', () => {
    expect(Ranges.bandOf({ mgdl: 60, beyond: 'low' })).toBe('veryLow');
    expect(Ranges.bandOf({ mgdl: 200, beyond: 'high' })).toBe('veryHigh');
    expect(Ranges.isTight({ mgdl: 100, beyond: 'low' })).toBe(false);
  });

  test('law: a higher value is never in a lower band', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 600, noNaN: true }),
        fc.double({ min: 0, max: 50, noNaN: true }),
        (g, more) => {
          expect(Ranges.bands.indexOf(band(g + more))).toBeGreaterThanOrEqual(Ranges.bands.indexOf(band(g)));
        },
      ),
    );
  });

  test('law: rounding first changes no band, and what is tight is in range', () => {
    fc.assert(
      fc.property(anyPoint, (p) => {
        expect(Ranges.bandOf({ ...p, mgdl: Ranges.shown(p) })).toBe(Ranges.bandOf(p));
        if (Ranges.isTight(p)) expect(Ranges.bandOf(p)).toBe('inRange');
      }),
    );
  });
});
