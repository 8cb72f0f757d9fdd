// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { place, type Wall } from './Placing.js';
import * as Zone from './Zone.js';

const zone = Zone.of('America/Denver');
const minute = 60_000;
/** 2018-11-04 08:00 UTC: 02:00 summer time, when the clocks go back to 01:00. */
const change = Date.UTC(2018, 10, 4, 8);

const walls = (moments: number[], tick: 'ticks' | 'none'): Wall[] =>
  moments.map((at) => ({
    wall: at + Zone.offset(zone, at),
    tick: tick === 'ticks' ? at - change + 5_000_000 : null,
  }));

const every = (minutes: number, from: number, to: number): number[] => {
  const out: number[] = [];
  for (let m = from; m < to; m += minutes) out.push(change + m * minute);
  return out;
};

const at = (rows: Wall[]): number[] => place(zone, rows).map((p) => p.at);

describe('the night the clocks go back', () => {
  test.each([1, 5, 15])('readings every %d minutes keep their moments, by their order alone', (minutes) => {
    const night = every(minutes, -180, 180);
    expect(at(walls(night, 'none'))).toEqual(night);
  });

  test('so they do when the file runs from newest to oldest', () => {
    const night = every(5, -180, 180).reverse();
    expect(at(walls(night, 'none'))).toEqual(night);
  });

  test('a file sorted by the clock mixes both passes; the transmitter tells them apart', () => {
    const night = every(5, -180, 180).map((t, i) => t + (i % 3) * 1000);
    const mixed = walls(night, 'ticks').sort((a, b) => a.wall - b.wall);
    expect(at(mixed).toSorted((a, b) => a - b)).toEqual(night);
    const ticks = mixed.map((w) => w.tick! - 5_000_000 + change);
    expect(at(mixed)).toEqual(ticks);
  });

  test('without a transmitter, times that stand twice are the two passes', () => {
    const night = every(5, -180, 180);
    const mixed = walls(night, 'none').sort((a, b) => a.wall - b.wall);
    expect(at(mixed).toSorted((a, b) => a - b)).toEqual(night);
  });

  test('a file that begins or ends inside the repeated hour is put beside what it has', () => {
    const late = every(5, 30, 120);
    expect(at(walls(late, 'none'))).toEqual(late);
    const early = every(5, -120, -30);
    expect(at(walls(early, 'none'))).toEqual(early);
  });

  test('a sensor that was off in one pass leaves the hole where it was', () => {
    const offFirst = [...every(5, -180, -60), ...every(5, 0, 180)];
    const offSecond = [...every(5, -180, 0), ...every(5, 60, 180)];
    // With both neighbours near, nothing tells which pass is missing: it is the first, and said to be guessed.
    expect(place(zone, walls(offFirst, 'none')).filter((p) => p.how === 'guessed')).toHaveLength(12);
    expect(at(walls(offSecond, 'none'))).toEqual(offSecond);
    expect(at(walls(offFirst, 'ticks'))).toEqual(offFirst);
    expect(at(walls(offSecond, 'ticks'))).toEqual(offSecond);
  });

  test('events without ticks between readings with ticks follow their neighbours', () => {
    const night = every(5, -180, 180);
    const rows = walls(night, 'ticks').flatMap((w, i) => [
      w,
      { wall: walls([night[i]! + minute], 'none')[0]!.wall, tick: null },
    ]);
    expect(at(rows)).toEqual(night.flatMap((t) => [t, t + minute]));
  });

  test('ticks that were scrubbed to one number do no harm', () => {
    const night = every(5, -180, 180);
    expect(at(walls(night, 'none').map((w) => ({ ...w, tick: 1_234_567_000 })))).toEqual(night);
  });

  test('a single reading in the repeated hour is guessed, and said so', () => {
    const [only] = place(zone, walls([change - 30 * minute], 'none'));
    expect(only).toEqual({ at: change - 30 * minute, how: 'guessed' });
  });

  test('law: with ticks, any gaps, jitter and order by clock or by time give every moment back', () => {
    const gaps = fc.array(fc.boolean(), { minLength: 72, maxLength: 72 });
    fc.assert(
      fc.property(
        gaps,
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: -1, max: 1 })),
        (kept, byClock, jitter) => {
          const all = every(5, -180, 180);
          const night = all
            .filter((_, i) => kept[i] || i === 0)
            .map((t) => t + (jitter.next().value as number) * 1000);
          const rows = walls(night, 'ticks');
          if (byClock) rows.sort((a, b) => a.wall - b.wall);
          expect(at(rows)).toEqual(rows.map((r) => r.tick! - 5_000_000 + change));
        },
      ),
      { numRuns: 100 },
    );
  });
});

test('the spring hour that no clock showed is moved forward and marked', () => {
  const rows = [Date.UTC(2018, 2, 11, 1, 55), Date.UTC(2018, 2, 11, 2, 30), Date.UTC(2018, 2, 11, 3, 0)];
  const placed = place(
    zone,
    rows.map((wall) => ({ wall, tick: null })),
  );
  expect(placed.map((p) => p.how)).toEqual(['plain', 'shifted', 'plain']);
  expect(placed[1]!.at).toBe(Date.UTC(2018, 2, 11, 9, 30));
});
