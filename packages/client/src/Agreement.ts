// Copyright the Islet authors. AGPL-3.0-or-later.
// What opened segments say of themselves and of each other.
import type * as Content from '@islet/core/Content';
import { toHex } from '@islet/core/crypto/bytes';
import * as Days from '@islet/core/Day';
import * as Counts from '@islet/core/metrics/Counts';
import * as Points from '@islet/core/metrics/Points';
import type { Reading } from '@islet/core/Reading';
import * as Span from '@islet/core/Span';
import { isSummary, ofKind, type Stream } from '@islet/core/Stream';
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
  // Stops: readings in a stream whose readers were granted summaries.
  if (content.kind !== kindOf(stream)) fail('it holds another kind of content than its stream');
  if (content.kind !== 'readings') return;
  const raw = stream === 'glucose/live' ? 'glucose/raw' : stream;
  // Stops: readings of one kind, given away with the grant of another.
  if (content.readings.some((r) => ofKind(r.kind) !== raw)) fail('it holds readings of another stream');
  // Stops: readings moved to another day. Where a stream's days start is at most a day from UTC.
  if (day !== null && content.readings.some((r) => !near(r.at, day)))
    fail('it holds readings of another day');
}

const kindOf = (stream: Stream): Content.Content['kind'] => {
  if (stream === 'glucose/report') return 'report';
  return isSummary(stream) ? 'summary' : 'readings';
};

const near = (at: number, day: Days.Day): boolean =>
  at >= Days.startOf(day - 1, 0) && at < Days.endOf(day + 1, 0);

/**
 * Whether summaries are of the readings beside them, where one gateway's closed day and its summary are both open to us.
 * A gateway revises a summary for 12 changed readings or more, so a few may differ; more cannot be explained.
 */
export function checkSummaries(segments: readonly OpenedSegment[]): void {
  const days = new Map<string, OpenedSegment[]>();
  for (const s of segments)
    if (s.stream === 'glucose/raw') days.set(dayOf(s, s.day), [...(days.get(dayOf(s, s.day)) ?? []), s]);
  for (const s of segments) {
    if (s.content.kind === 'readings' || s.day === null) continue;
    const { firstDay, lastDay } = Span.of(s.stream, s.day);
    const readings: Reading[] = [];
    let isWhole = true;
    for (let day = firstDay; day <= lastDay; day++) {
      const raw = days.get(dayOf(s, day));
      // While a day has open segments, its summary is of before.
      const whole = raw?.length === 1 && raw[0]!.proven.listed === 'closed' ? raw[0]!.content : undefined;
      if (whole?.kind === 'readings') readings.push(...whole.readings);
      else isWhole = false;
    }
    if (!isWhole) continue;
    const told = toldBy(s.content);
    const counted = Counts.of(Points.fromReadings(readings));
    const missing = s.stream === 'glucose/hour' ? SUPPRESSED_READINGS : 0;
    // Stops: a day's numbers made up, or of another day.
    if (contradicts(told, counted, missing))
      throw new TamperedError(
        'SUMMARY_CONTRADICTS',
        'a summary is not of the readings of its days',
        s.proven.place,
      );
  }
}

const dayOf = ({ proven: { segment } }: OpenedSegment, day: Days.Day | null): string =>
  `${toHex(segment.header.gateway)}/${day}`;

const toldBy = (content: Exclude<Content.Content, { kind: 'readings' }>): Counts.Counts =>
  content.kind === 'report'
    ? content.report.counts
    : content.summary.parts.reduce((sum, p) => Counts.add(sum, p.counts), Counts.empty);

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
