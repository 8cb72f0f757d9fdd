// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beside, due, first, firstKeyed, lastKeyed, usual } from './Horizon.js';
import { DAYS_AHEAD, DAYS_BACK, RENEW_BELOW_DAYS } from './personLimits.js';

const today = 46_000;
const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: -600, max: 600 }), fc.integer({ min: 0, max: 500 }))
    .map(([from, length]): [number, number] => [today + from, today + from + length]),
  { maxLength: 6 },
);

describe('the days for which a gateway holds keys', () => {
  test('law: every day up to the last keyed one is keyed, and the next one is not', () => {
    fc.assert(
      fc.property(ranges, (keyed) => {
        const last = lastKeyed(keyed, today);
        const has = (day: number) => keyed.some(([from, to]) => from <= day && day <= to);
        for (let day = today; day <= last; day++) expect(has(day)).toBe(true);
        expect(has(last + 1)).toBe(false);
        const start = firstKeyed(keyed, today);
        for (let day = start; day <= today; day++) expect(has(day)).toBe(true);
        if (has(today)) expect(has(start - 1)).toBe(false);
      }),
    );
  });

  test('law: what is renewed is enough, and nothing is due right after', () => {
    fc.assert(
      fc.property(ranges, (keyed) => {
        const added = due(['glucose/raw'], { 'glucose/raw': keyed }, today, usual).map(
          ({ firstDay, days }): [number, number] => [firstDay, firstDay + days - 1],
        );
        const after = { 'glucose/raw': [...keyed, ...added] };
        expect(lastKeyed(after['glucose/raw'], today) - today).toBeGreaterThanOrEqual(RENEW_BELOW_DAYS);
        expect(firstKeyed(after['glucose/raw'], today)).toBeLessThanOrEqual(today - DAYS_BACK);
        expect(due(['glucose/raw'], after, today, usual)).toEqual([]);
      }),
    );
  });

  test('who pairs an uploader gets keys before and after those to begin with, and none twice', () => {
    const began: [number, number] = [today - first.back, today + first.ahead - 1];
    expect(due(['carbs/raw'], { 'carbs/raw': [began] }, today, beside)).toEqual([
      { stream: 'carbs/raw', firstDay: today - beside.back, days: beside.back - first.back },
      { stream: 'carbs/raw', firstDay: today + first.ahead, days: beside.ahead - first.ahead },
    ]);
  });

  test('a stream without keys gets them for days back too', () => {
    expect(due(['note/raw'], {}, today, usual)).toEqual([
      { stream: 'note/raw', firstDay: today - DAYS_BACK, days: DAYS_AHEAD + DAYS_BACK },
    ]);
  });
});
