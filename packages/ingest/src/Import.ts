// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { Reading } from '@islet/core/Reading';
import { formats } from './formats.js';
import * as Recognise from './Recognise.js';
import * as Summary from './Summary.js';
import * as Unit from './Unit.js';
import type { DateOrder } from './WallTime.js';
import * as Zone from './Zone.js';

export type Options = {
  /** The IANA name of the zone the device's clock was set to. */
  zone: string;
  /** The present, UTC ms. */
  now: number;
  /** The name of the format that the file must be of. By default it is recognised. */
  format?: string;
  /** Which number of a date is the day, where the person knows. By default the file's rows decide. */
  dates?: DateOrder;
};

/** `format` is the name of the file's format; of an archive's files, all their formats' names. */
export type Imported = { format: string; readings: Reading[]; summary: Summary.Summary };

/** The names of all formats. */
export const names: string[] = formats.map(({ name }) => name);

/**
 * Reads a file of any known format into readings, in the file's order, and accounts for every row. Archives (zip,
 * gzip) are unpacked, and all their files read.
 *
 * Throws `INGEST_TOO_LARGE`, `INGEST_BAD_ARCHIVE`, `INGEST_UNRECOGNISED`, `INGEST_FORMAT_OTHER`, `INGEST_BAD_JSON`,
 * `INGEST_UNIT_MIXED`, `INGEST_UNIT_IMPLAUSIBLE` and `INGEST_ZONE_UNKNOWN`. Never throws for a single row.
 */
export function read(bytes: Uint8Array, options: Options): Imported {
  const zone = Zone.of(options.zone);
  // What was asked for is tried first: a file may pass for more than one format.
  const asked = formats.filter(({ name }) => name === options.format);
  const parts = Recognise.parts(bytes, [...asked, ...formats]);
  const known = parts.filter((part) => part.format !== null);
  if (known.length === 0) throw Recognise.fault(parts);
  const found = [...new Set(known.map(({ format }) => format))].join(' + ');
  if (options.format !== undefined && options.format !== found) throw new FormatError(options.format, found);
  const { now, dates } = options;
  const pieces = known.map(({ path, read }): Summary.Piece => {
    const parsed = read({ zone, now, ...(dates && { dates }) });
    Unit.check(parsed.unit, parsed.numbers);
    return { path, parsed };
  });
  const { readings, summary } = Summary.of(pieces, now);
  const left = Recognise.unread(parts);
  if (left !== '') summary.notes.push({ code: 'file-unread', text: `Not read, of the archive: ${left}.` });
  return { format: found, readings, summary: { ...summary, zone: options.zone } };
}

/** `INGEST_FORMAT_OTHER`: the file is of another format than was asked for. */
export class FormatError extends IsletError {
  override readonly name: string = 'FormatError';
  constructor(asked: string, found: string) {
    const known = names.includes(asked) ? '' : ' There is no format of that name.';
    super(
      'INGEST_FORMAT_OTHER',
      `The file was to be read as ${JSON.stringify(asked.slice(0, 40))}, but it is a ${found} file.${known} Leave the format out.`,
    );
  }
}
