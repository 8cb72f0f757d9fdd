// Copyright the Islet authors. AGPL-3.0-or-later.
// What opened segments say of themselves and of each other.
import type * as Content from '@islet/core/Content';
import { toHex } from '@islet/core/crypto/bytes';
import * as Days from '@islet/core/Day';
import * as Counts from '@islet/core/metrics/Counts';
import * as Points from '@islet/core/metrics/Points';
import { ofKind } from '@islet/core/Stream';
import type { OpenedSegment } from './Access.js';
import { CHANGED_MGDL, REVISION_READINGS, SUPPRESSED_READINGS } from './limits.js';
import { TamperedError } from './Tampered.js';
import type { Proven } from './Verification.js';

/** Whether a segment holds what its stream and day say. */
export function checkContent(content: Content.Content, { segment, place }: Proven): void {
  const { stream, day } = segment.header;
  const fail = (what: string): never => {
    throw new TamperedError('CONTENT_MISPLACED', what, place);
  };
  const summary = stream === 'glucose/hour' || stream === 'glucose/day';
  // Stops: readings in a stream whose readers were granted summaries.
  if ((content.kind === 'summary') !== summary) fail('it holds another kind of content than its stream');
  if (content.kind !== 'readings') return;
  // Stops: readings of one kind, given away with the grant of another.
  if (content.readings.some((r) => ofKind(r.kind) !== stream)) fail('it holds readings of another stream');
  // Stops: readings moved to another day. Where a stream's days start is at most a day from UTC.
  if (day !== null && content.readings.some((r) => !near(r.at, day)))
    fail('it holds readings of another day');
}

const near = (at: number, day: Days.Day): boolean =>
  at >= Days.startOf(day - 1, 0) && at < Days.endOf(day + 1, 0);

/**
 * Whether summaries are of the readings beside them, where one gateway's closed day and its summary are both open to us.
 * A gateway revises a summary for 12 changed readings or more, so a few may differ; more cannot be explained.
 */
export function checkSummaries(segments: readonly OpenedSegment[]): void {
  const days = new Map<string, OpenedSegment[]>();
  for (const s of segments)
    if (s.stream === 'glucose/raw') days.set(dayOf(s), [...(days.get(dayOf(s)) ?? []), s]);
  for (const s of segments) {
    const raw = days.get(dayOf(s));
    // While a day has open segments, its summary is of before.
    const whole = raw?.length === 1 && raw[0]!.proven.listed === 'closed' ? raw[0]!.content : undefined;
    if (s.content.kind !== 'summary' || whole?.kind !== 'readings') continue;
    const told = s.content.summary.parts.reduce((sum, p) => Counts.add(sum, p.counts), Counts.empty);
    const counted = Counts.of(Points.fromReadings(whole.readings));
    const missing = s.stream === 'glucose/hour' ? SUPPRESSED_READINGS : 0;
    // Stops: a day's numbers made up, or of another day.
    if (contradicts(told, counted, missing))
      throw new TamperedError(
        'SUMMARY_CONTRADICTS',
        'a summary is not of the readings of its day',
        s.proven.place,
      );
  }
}

const dayOf = ({ proven: { segment } }: OpenedSegment): string =>
  `${toHex(segment.header.gateway)}/${segment.header.day}`;

const bands = ['veryLow', 'low', 'inRange', 'high', 'veryHigh'] as const;

/** Whether it takes 12 changed readings or more to come from one to the other, not counting `missing` left out. */
function contradicts(told: Counts.Counts, counted: Counts.Counts, missing: number): boolean {
  const more = bands.reduce((n, b) => n + Math.max(0, told[b] - counted[b]), 0);
  const fewer = bands.reduce((n, b) => n + Math.max(0, counted[b] - told[b]), 0);
  const apart = Math.abs(told.sum - counted.sum);
  return (
    more >= REVISION_READINGS ||
    fewer >= REVISION_READINGS + missing ||
    apart >= (REVISION_READINGS + missing) * CHANGED_MGDL
  );
}
