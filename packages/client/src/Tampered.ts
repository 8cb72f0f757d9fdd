// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Day } from '@islet/core/Day';
import * as Days from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import type { Stream } from '@islet/core/Stream';

/** Where something served does not hold: as much of it as is known. */
export type Place = {
  /** Absent where not even the stream can be read. */
  stream?: Stream;
  /** Which part of the answer, from 1. */
  part?: number;
  /** The stream day; null for late data. */
  day?: Day | null;
  /** The segment's hash, in hex, as the calendar lists it. */
  segment?: string;
  /** Which of the segments that the calendar lists for this day, from 1. */
  nth?: number;
  /** How many it lists. */
  of?: number;
};

/** Something served does not hold: a broken proof, with its place. */
export class TamperedError extends IsletError {
  override readonly name = 'TamperedError';
  readonly place: Place;
  readonly what: string;
  constructor(code: string, what: string, place: Place, options?: ErrorOptions) {
    super(
      code,
      `Verification failed at ${said(place)}: ${what}. Nothing of it is shown. Ask another hub, or an export.`,
      options,
    );
    this.place = place;
    this.what = what;
  }
}

/** A place in words. */
export function said({ stream, part, day, segment, nth, of }: Place): string {
  const words: string[] = [stream ?? (part ? `part ${part} of the answer` : 'the answer')];
  if (day !== undefined) words.push(day === null ? 'late data' : Days.format(day));
  if (segment) words.push(`segment ${nth ? `${nth} of ${of}, ` : ''}${segment.slice(0, 16)}`);
  return words.join(', ');
}
