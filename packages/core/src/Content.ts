// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Compress from './Compress.js';
import { decode, encode, type Item, MalformedError } from './codec.js';
import { type Counts, check } from './metrics/Counts.js';
import type { Reading } from './Reading.js';
import * as Readings from './Readings.js';

/**
 * What a segment's plaintext says: readings, or the summary of one stream day. A summary holds integers only,
 * and no part with fewer than `minimum` readings, since a summary of one reading is that reading.
 */
export type Content = { kind: 'readings'; readings: Reading[] } | { kind: 'summary'; summary: Summary };

export type Summary = {
  /** The sensor's usual interval that day, minutes, for judging how much of the day it was worn. */
  intervalMinutes: number;
  /** One part for a day, up to 25 for hours, by hour of the stream day. */
  parts: { index: number; counts: Counts }[];
};

/** Parts with fewer readings are left out. */
export const minimum = 3;

const readingsTag = 0;
const summaryTag = 1;
const summaryName = 'islet/summary';

/** Throws a RangeError for readings beyond the limits of a run, or of what is unpacked again. */
export const encodeReadings = (readings: Reading[]): Promise<Uint8Array> =>
  packRun(Readings.encodeRun(readings));

/** The same from a run that is bytes already (`Readings.encodeRun`). */
export const packRun = async (run: Uint8Array): Promise<Uint8Array> =>
  tagged(readingsTag, await Compress.pack(run));

export async function encodeSummary(summary: Summary): Promise<Uint8Array> {
  const parts = summary.parts
    .filter(({ counts }) => counts.n >= minimum)
    .sort((a, b) => a.index - b.index)
    .map(
      ({ index, counts: c }): Item => [
        index,
        [c.n, c.sum, c.sumSquares, c.veryLow, c.low, c.inRange, c.high, c.veryHigh, c.tight],
      ],
    );
  return tagged(summaryTag, await Compress.pack(encode(summaryName, 1, [summary.intervalMinutes, parts])));
}

export async function parse(plaintext: Uint8Array): Promise<Content> {
  const [tag] = plaintext;
  if (tag !== readingsTag && tag !== summaryTag)
    throw new MalformedError('islet/content', 'is of an unknown kind');
  const bytes = await Compress.unpack(plaintext.subarray(1));
  if (tag === readingsTag) return { kind: 'readings', readings: Readings.decodeRun(bytes) };
  return { kind: 'summary', summary: parseSummary(bytes) };
}

function parseSummary(bytes: Uint8Array): Summary {
  const f = decode(summaryName, 1, bytes);
  const intervalMinutes = f.int(1, 60);
  const parts = f.list(
    (g) =>
      g.tuple((t) => ({
        index: t.int(0, 24),
        counts: t.tuple(
          (c): Counts => ({
            n: c.int(minimum),
            sum: c.int(),
            sumSquares: c.int(),
            veryLow: c.int(),
            low: c.int(),
            inRange: c.int(),
            high: c.int(),
            veryHigh: c.int(),
            tight: c.int(),
          }),
        ),
      })),
    25,
  );
  f.end();
  for (const { counts } of parts) check(counts);
  // A part named twice would be counted twice.
  if (parts.some(({ index }, i) => i > 0 && index <= parts[i - 1]!.index))
    throw new MalformedError(summaryName, 'has its parts out of order');
  return { intervalMinutes, parts };
}

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1);
  out[0] = tag;
  out.set(bytes, 1);
  return out;
}
