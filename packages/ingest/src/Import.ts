// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { Reading } from '@islet/core/Reading';
import type { Asked, Reader } from './Format.js';
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
 * Throws `INGEST_TOO_LARGE`, `INGEST_BAD_ARCHIVE`, `INGEST_UNRECOGNISED`, `INGEST_UNSUPPORTED`, `INGEST_FORMAT_OTHER`, `INGEST_BAD_JSON`,
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
  const person = { zone, now, ...(dates && { dates }) };
  const pieces = known.map((part): Piece => ({ ...part, parsed: part.read(person) }));
  agree(pieces, person);
  for (const { parsed } of pieces) Unit.check(parsed.unit, parsed.numbers);
  const { readings, summary } = Summary.of(pieces, now);
  const left = Recognise.unread(parts);
  if (left !== '') summary.notes.push({ code: 'file-unread', text: `Not read, of the archive: ${left}.` });
  return { format: found, readings, summary: { ...summary, zone: options.zone } };
}

type Piece = Summary.Piece & { format: string; read: Reader };

const strength = { certain: 2, likely: 1, guessed: 0 } as const;

/** The files of one archive were written alike: where one shows what comes first in its dates, the others are read so. */
function agree(pieces: Piece[], person: Asked): void {
  for (const format of new Set(pieces.map((piece) => piece.format))) {
    const judged = pieces.flatMap((p) => (p.format === format && p.parsed.dates ? p.parsed.dates : []));
    const best = judged.sort((a, b) => strength[b.sure] - strength[a.sure])[0];
    if (!best || best.sure === 'guessed') continue;
    for (const piece of pieces) {
      const own = piece.parsed.dates;
      if (piece.format !== format || !own || own.sure === 'certain' || own.order === best.order) continue;
      if (strength[own.sure] >= strength[best.sure]) continue;
      piece.parsed = piece.read({ ...person, dates: best.order });
      const text = `Dates were read ${best.order} (${best.sure}), as in the archive's other files.`;
      piece.parsed.remarks.push({ code: 'date-order', text });
    }
  }
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
