// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import type { Asked, Format } from './Format.js';
import { maxRows } from './Limits.js';
import type { Outcome, Remark } from './Outcome.js';
import { TooLargeError } from './Text.js';

/** What is known when a stream is over: its last rows, and what is said of all of them. */
export type Ended = { outcomes: Outcome[]; unit: GlucoseUnit | null; remarks: Remark[] };

/** A file on its way. However large it is, and however it is cut into pieces, memory stays bounded. */
export type Stream = {
  /** Takes the next piece of the text, and gives the outcomes of the rows that ended in it. */
  push(piece: string): Outcome[];
  /** No more will come. */
  end(): Ended;
};

/** A format that is read piece by piece, for files too large to be held. */
export type Streamed = {
  name: string;
  /** Whether a text that begins so is of this format. The first 64 KiB are enough. */
  recognise(beginning: string): boolean;
  open(asked: Asked): Stream;
};

/** Characters at the beginning of a text that recognise it. */
export const beginning = 64 * 1024;

/** The same format for whole files, which are small. */
export function whole(streamed: Streamed): Format {
  return {
    name: streamed.name,
    recognise({ text }) {
      if (text === undefined || !streamed.recognise(text.slice(0, beginning))) return undefined;
      return (asked) => {
        const stream = streamed.open(asked);
        const outcomes: Outcome[] = [];
        for (let at = 0; at < text.length; at += beginning) {
          for (const outcome of stream.push(text.slice(at, at + beginning))) outcomes.push(outcome);
          if (outcomes.length > maxRows)
            throw new TooLargeError(`The file has more than ${maxRows} records. Read it as a stream.`);
        }
        const { unit, remarks, outcomes: last } = stream.end();
        // Each record names its own unit, so no number waits to be judged by others.
        return { outcomes: [...outcomes, ...last], unit, numbers: [], remarks };
      };
    },
  };
}
