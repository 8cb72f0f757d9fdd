// Copyright the Islet authors. AGPL-3.0-or-later.
import type { IsletError } from '@islet/core/IsletError';
import * as Describe from './Describe.js';
import type { Format, Given as GivenFile, Reader } from './Format.js';
import * as Given from './Given.js';
import * as JsonFault from './JsonFault.js';
import { maxArchiveDepth, maxFileBytes } from './Limits.js';
import { BadJsonError } from './NightscoutJson.js';
import * as Sheet from './Sheet.js';
import { TooLargeError } from './Text.js';
import * as Zip from './Zip.js';

/** A file, or one file of an archive: recognised, or described. `path` is empty for the file itself. */
export type Part = { path: string; size: number } & (
  | { format: string; read: Reader }
  | { format: null; saw: string; given: GivenFile }
);

/**
 * Recognises a file by what it contains, and unpacks archives: every file of an archive is a part. An archive that
 * a format knows as a whole is one part. Throws `INGEST_TOO_LARGE` and `INGEST_BAD_ARCHIVE`.
 */
export function parts(bytes: Uint8Array, formats: Format[]): Part[] {
  if (bytes.length > maxFileBytes)
    throw new TooLargeError(
      `The file is larger than ${maxFileBytes / 1024 / 1024} MiB. Export fewer days at once.`,
    );
  return [...open('', bytes, { formats, budget: Zip.budget(), depth: 0 })];
}

type Search = { formats: Format[]; budget: Zip.Budget; depth: number };

function* open(path: string, bytes: Uint8Array, search: Search): Generator<Part> {
  const deeper = { ...search, depth: search.depth + 1 };
  if (Zip.isGzip(bytes)) {
    if (search.depth === maxArchiveDepth)
      throw new TooLargeError('There are archives in archives in archives. Unpack the file first.');
    yield* open(path, Zip.gunzip(bytes, search.budget), deeper);
    return;
  }
  const given = Given.of(bytes);
  const known = recognise(path, given, search.formats);
  if (known.format !== null || !Zip.isZip(bytes)) {
    yield known;
    return;
  }
  if (search.depth === maxArchiveDepth)
    throw new TooLargeError('There are archives in archives in archives. Unpack the file first.');
  const members = Zip.members(bytes, search.budget);
  if (Sheet.isWorkbook(members)) {
    yield* workbook(path, bytes, Sheet.sheets(members), search.formats);
    return;
  }
  for (const member of members) {
    const below = path === '' ? member.name : `${path}/${member.name}`;
    yield* open(below, member.open(), deeper);
  }
}

/** Each sheet is a part; that of a workbook with one sheet is the file itself. */
function* workbook(
  path: string,
  bytes: Uint8Array,
  sheets: Sheet.Sheet[],
  formats: Format[],
): Generator<Part> {
  for (const { name, text } of sheets) {
    const below = sheets.length === 1 ? path : path === '' ? name : `${path}/${name}`;
    yield recognise(below, Given.ofText(bytes, text), formats);
  }
}

function recognise(path: string, given: GivenFile, formats: Format[]): Part {
  const size = given.bytes.length;
  for (const format of formats) {
    const read = format.recognise(given);
    if (read) return { path, size, format: format.name, read };
  }
  return { path, size, format: null, saw: Describe.given(given), given };
}

/** Why nothing of a file can be read. */
export function fault(parts: Part[]): IsletError {
  const [first] = parts;
  if (first?.format === null && first.path === '') {
    const { text, json } = first.given;
    if (text !== undefined && json === undefined && Given.looksLikeJson(text))
      return new BadJsonError(JsonFault.position(text.replace(/^\uFEFF/, '')));
    const device = Describe.unsupportedOf(first.given);
    if (device !== undefined) return new Describe.UnsupportedError(device, first.saw);
    return new Describe.UnrecognisedError(first.saw);
  }
  return new Describe.UnrecognisedError(
    parts.length === 0 ? 'an archive without files' : `an archive of ${unread(parts)}`,
  );
}

const shownFiles = 5;

/** Parts that are not read, by name and looks. */
export function unread(parts: Part[]): string {
  const said = parts.flatMap((p) => (p.format === null ? [`${p.path.slice(-60)} (${p.saw})`] : []));
  const more = said.length > shownFiles ? ` and ${said.length - shownFiles} more files` : '';
  return `${said.slice(0, shownFiles).join(', ')}${more}`;
}
