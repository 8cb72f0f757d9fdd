// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Compress from './Compress.js';
import { decode, encode, type Fields, type Item, MalformedError } from './codec.js';
import { type Counts, check, ImpossibleCountsError } from './metrics/Counts.js';
import * as Histogram from './metrics/Histogram.js';
import type { Reading } from './Reading.js';
import * as Readings from './Readings.js';

/**
 * What a segment's plaintext says: readings, the summary of a day or a week, or the report of 14 days. Summaries and
 * reports hold integers only, and no part with fewer than `minimum` readings: a summary of one reading is that reading.
 */
export type Content =
  | { kind: 'readings'; readings: Reading[] }
  | { kind: 'summary'; summary: Summary }
  | { kind: 'report'; report: Report };

export type Summary = {
  /** The sensor's usual interval that day, minutes, for judging how much of the day it was worn. */
  intervalMinutes: number;
  /** One part for a day or a week, up to 25 for hours, by hour of the stream day. */
  parts: { index: number; counts: Counts }[];
};

/** What a one-page report is drawn from: exact counts of the whole, and percentiles by hour to within 5 mg/dL. */
export type Report = {
  intervalMinutes: number;
  /** On how many of the days there were readings. */
  days: number;
  counts: Counts;
  /** By hour of the stream day, rising. Hours with readings on fewer than `minimumDays` days are left out. */
  hours: { hour: number; bins: Histogram.Histogram }[];
};

/** Parts with fewer readings are left out. */
export const minimum = 3;

/** Of more than one day: with fewer days, the week would be a day and the hour's profile that hour. */
export const minimumDays = 3;

const readingsTag = 0;
const summaryTag = 1;
const reportTag = 2;
const summaryName = 'islet/summary';
const reportName = 'islet/report';

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
    .map(({ index, counts }): Item => [index, countsItem(counts)]);
  return tagged(summaryTag, await Compress.pack(encode(summaryName, 1, [summary.intervalMinutes, parts])));
}

export async function encodeReport({ intervalMinutes, days, counts, hours }: Report): Promise<Uint8Array> {
  const list = hours.map(({ hour, bins }): Item => [hour, bins.map(([bin, n]): Item => [bin, n])]);
  const fields = [intervalMinutes, days, countsItem(counts), list];
  return tagged(reportTag, await Compress.pack(encode(reportName, 1, fields)));
}

export async function parse(plaintext: Uint8Array): Promise<Content> {
  const [tag] = plaintext;
  if (tag !== readingsTag && tag !== summaryTag && tag !== reportTag)
    throw new MalformedError('islet/content', 'is of an unknown kind');
  const bytes = await Compress.unpack(plaintext.subarray(1));
  if (tag === readingsTag) return { kind: 'readings', readings: Readings.decodeRun(bytes) };
  if (tag === reportTag) return { kind: 'report', report: parseReport(bytes) };
  return { kind: 'summary', summary: parseSummary(bytes) };
}

const countsItem = (c: Counts): Item => [
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

const takeCounts = (f: Fields): Counts =>
  f.tuple((c) => ({
    n: c.int(minimum),
    sum: c.int(),
    sumSquares: c.int(),
    veryLow: c.int(),
    low: c.int(),
    inRange: c.int(),
    high: c.int(),
    veryHigh: c.int(),
    tight: c.int(),
  }));

function parseSummary(bytes: Uint8Array): Summary {
  const f = decode(summaryName, 1, bytes);
  const intervalMinutes = f.int(1, 60);
  const parts = f.list(
    (g) =>
      g.tuple((t) => ({
        index: t.int(0, 24),
        counts: takeCounts(t),
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

function parseReport(bytes: Uint8Array): Report {
  const f = decode(reportName, 1, bytes);
  const report: Report = {
    intervalMinutes: f.int(1, 60),
    days: f.int(minimumDays, 14),
    counts: takeCounts(f),
    hours: f.list(
      (g) =>
        g.tuple((t) => ({
          hour: t.int(0, 23),
          bins: t.list((b) => b.tuple((x): [number, number] => [x.int(0, Histogram.lastBin), x.int(1)]), 61),
        })),
      24,
    ),
  };
  f.end();
  const { counts, hours } = report;
  check(counts);
  const rising = (list: number[]): boolean => list.every((x, i) => i === 0 || x > list[i - 1]!);
  if (!rising(hours.map((h) => h.hour)) || !hours.every(({ bins }) => rising(bins.map(([bin]) => bin))))
    throw new MalformedError(reportName, 'has its parts out of order');
  const told = hours.map(({ bins }) => Histogram.count(bins));
  // An hour says less than `minimum` readings, or the hours more than the whole.
  if (told.some((n) => n < minimum) || told.reduce((a, b) => a + b, 0) > counts.n)
    throw new ImpossibleCountsError();
  return report;
}

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1);
  out[0] = tag;
  out.set(bytes, 1);
  return out;
}
