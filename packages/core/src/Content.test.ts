// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Content from './Content.js';
import { encode, type Item, MalformedError } from './codec.js';
import { anyReading } from './core.testkit.js';
import { concat } from './crypto/bytes.js';
import { IsletError } from './IsletError.js';
import { type Counts, empty, ImpossibleCountsError } from './metrics/Counts.js';
import type { Reading } from './Reading.js';

const counts = (inRange: number): Counts => ({
  ...empty,
  n: inRange,
  inRange,
  sum: inRange * 100,
  sumSquares: inRange * 10_000,
});
const stored = (tag: number, bytes: Uint8Array) => concat(new Uint8Array([tag, 0]), bytes);

describe('what a segment says', () => {
  test('is readings, and gives them back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyReading, { maxLength: 40 }), async (readings) => {
        expect(await Content.parse(await Content.encodeReadings(readings))).toEqual({
          kind: 'readings',
          readings,
        });
      }),
      { numRuns: 25 },
    );
  });

  test('is a summary: parts in order, none of fewer than three readings', async () => {
    const parts = [5, 0, 24, 3].map((index) => ({ index, counts: counts(index) }));
    const content = await Content.parse(await Content.encodeSummary({ intervalMinutes: 5, parts }));
    expect(content).toEqual({
      kind: 'summary',
      summary: { intervalMinutes: 5, parts: [3, 5, 24].map((index) => ({ index, counts: counts(index) })) },
    });
  });

  test('is never sealed where it could not be opened again: more than is unpacked', async () => {
    const text = 'x'.repeat(131_072);
    const common = { at: 0, offsetMinutes: 0, said: '', source: { app: '', device: '', id: null } };
    const documents = Array.from(
      { length: 65 },
      (): Reading => ({ ...common, kind: 'document', what: '', text }),
    );
    await expect(Content.encodeReadings(documents)).rejects.toThrow(RangeError);
    const most = documents.slice(2);
    expect((await Content.parse(await Content.encodeReadings(most))).kind).toBe('readings');
  });

  test('of another kind, and nothing at all, is refused', async () => {
    const good = await Content.encodeReadings([]);
    for (const tag of [3, 4, 255])
      await expect(Content.parse(good.with(0, tag))).rejects.toThrow(MalformedError);
    for (const tag of [1, 2]) await expect(Content.parse(good.with(0, tag))).rejects.toThrow(MalformedError);
    for (let cut = 0; cut < good.length; cut++)
      await expect(Content.parse(good.slice(0, cut))).rejects.toThrow(MalformedError);
  });

  test('is no summary that cannot be: a part twice, too small, or with counts that contradict each other', async () => {
    const item = (c: Counts): Item => [
      c.n,
      c.sum,
      c.sumSquares,
      c.veryLow,
      c.low,
      c.inRange,
      c.high,
      c.veryHigh,
      c.tight,
    ];
    const parsing = (interval: number, parts: Item) =>
      Content.parse(stored(1, encode('islet/summary', 1, [interval, parts])));
    const good = item(counts(9));
    expect(
      (
        await parsing(5, [
          [0, good],
          [1, good],
        ])
      ).kind,
    ).toBe('summary');
    for (const parts of [
      [
        [1, good],
        [1, good],
      ],
      [
        [1, good],
        [0, good],
      ],
      [[25, good]],
      [[0, item(counts(2))]],
      [[0, [9, 900]]],
    ])
      await expect(parsing(5, parts as Item)).rejects.toThrow(MalformedError);
    for (const interval of [0, 61, 0.5]) await expect(parsing(interval, [])).rejects.toThrow(MalformedError);
    await expect(parsing(5, [[0, item({ ...counts(9), high: 1 })]])).rejects.toThrow(ImpossibleCountsError);
    await expect(parsing(5, [[0, item({ ...counts(9), sumSquares: 1 })]])).rejects.toThrow(
      ImpossibleCountsError,
    );
  });

  test('is no report that cannot be: hours or bins out of order, too few readings or days, more in hours than in all', async () => {
    const report: Content.Report = {
      intervalMinutes: 5,
      days: 14,
      counts: counts(9),
      hours: [
        {
          hour: 3,
          bins: [
            [9, 2],
            [12, 2],
          ],
        },
        { hour: 23, bins: [[40, 3]] },
      ],
    };
    const parsing = async (changes: Partial<Content.Report>) =>
      Content.parse(await Content.encodeReport({ ...report, ...changes }));
    expect(await parsing({})).toEqual({ kind: 'report', report });
    const [first, second] = report.hours as [Content.Report['hours'][0], Content.Report['hours'][0]];
    for (const changes of [
      { hours: [second, first] },
      { hours: [first, first] },
      { hours: [{ ...first, bins: first.bins.toReversed() }] },
      { hours: [{ hour: 24, bins: first.bins }] },
      { hours: [{ hour: 0, bins: [[61, 3]] as [number, number][] }] },
      { days: 2 },
      { days: 15 },
      { intervalMinutes: 0 },
    ])
      await expect(parsing(changes)).rejects.toThrow(MalformedError);
    for (const changes of [
      { hours: [{ hour: 0, bins: [[9, 2]] as [number, number][] }] },
      { hours: [{ hour: 0, bins: [[9, 10]] as [number, number][] }] },
      { counts: { ...counts(9), high: 1 } },
    ])
      await expect(parsing(changes)).rejects.toThrow(ImpossibleCountsError);
  });

  test('throws nothing but its own errors for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(3),
        fc.nat(2),
        async (bytes, tag, packing) => {
          const plaintext = concat(new Uint8Array([tag, packing]), bytes);
          await Content.parse(plaintext).catch((error) => expect(error).toBeInstanceOf(IsletError));
        },
      ),
    );
  });
});
