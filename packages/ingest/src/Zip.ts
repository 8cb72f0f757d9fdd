// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches fflate. Archives are read from their own list of members (PKWARE APPNOTE 6.3), and
// inflated piece by piece: what an archive says of its sizes is not believed.
import { IsletError } from '@islet/core/IsletError';
import { Gunzip, Inflate } from 'fflate/browser';
import { crc32 } from './Crc.js';
import { maxMembers, maxUnpackedBytes } from './Limits.js';
import { TooLargeError } from './Text.js';

/** Bytes that may still be unpacked, shared by all members of all archives of one file. */
export type Budget = { left: number };

export const budget = (): Budget => ({ left: maxUnpackedBytes });

export type Member = { name: string; open(): Uint8Array };

export const isZip = (b: Uint8Array): boolean =>
  b[0] === 0x50 && b[1] === 0x4b && ((b[2] === 3 && b[3] === 4) || (b[2] === 5 && b[3] === 6));

export const isGzip = (b: Uint8Array): boolean => b[0] === 0x1f && b[1] === 0x8b && b[2] === 8;

/** Whether it is a folder, or what a system puts into archives for itself. */
export const isSystems = (name: string): boolean =>
  name.endsWith('/') || /(^|\/)(__MACOSX\/|\.DS_Store$|Thumbs\.db$)/.test(name);

/** The files of an archive, folders and systems' own left out. Throws `INGEST_BAD_ARCHIVE` and `INGEST_TOO_LARGE`. */
export function members(bytes: Uint8Array, budget: Budget): Member[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endRecord(view);
  const count = view.getUint16(end + 10, true);
  if (count > maxMembers) throw new TooLargeError(`The archive holds more than ${maxMembers} files.`);
  const out: Member[] = [];
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      throw new ArchiveError('its list of files is broken');
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => view.getUint16(at + o, true)) as [
      number,
      number,
      number,
    ];
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const entry = {
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
      sum: view.getUint32(at + 16, true),
      size: view.getUint32(at + 20, true),
      start: view.getUint32(at + 42, true),
    };
    if (!isSystems(name)) out.push({ name, open: () => content(bytes, view, entry, budget) });
    at += 46 + nameLength + extra + comment;
  }
  return out;
}

/** Unpacks one gzip file (RFC 1952). Throws `INGEST_BAD_ARCHIVE` and `INGEST_TOO_LARGE`. */
export function gunzip(bytes: Uint8Array, budget: Budget): Uint8Array {
  const out = collect(bytes, budget, (take) => new Gunzip(take));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 8;
  // Several files in a row have a sum each; only of one alone does the last length tell.
  const alone = end >= 0 && view.getUint32(end + 4, true) === out.length;
  if (alone && crc32(out) !== view.getUint32(end, true))
    throw new ArchiveError('what is packed in it is damaged');
  return out;
}

/** Where the record at the end of an archive begins. Throws `INGEST_BAD_ARCHIVE`. */
export function endRecord(view: DataView): number {
  // The record ends the file, but for a comment of at most 65,535 bytes.
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--)
    if (view.getUint32(at, true) === 0x06054b50) return at;
  throw new ArchiveError('it is cut off, or not an archive');
}

type Entry = { method: number; encrypted: boolean; sum: number; size: number; start: number };

function content(bytes: Uint8Array, view: DataView, entry: Entry, budget: Budget): Uint8Array {
  if (entry.encrypted) throw new ArchiveError('it is locked with a password; unpack it first');
  const { start } = entry;
  if (start + 30 > bytes.length || view.getUint32(start, true) !== 0x04034b50)
    throw new ArchiveError('a file in it is not where it should be');
  const from = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  const packed = bytes.subarray(from, from + entry.size);
  if (packed.length !== entry.size) throw new ArchiveError('it is cut off');
  if (entry.method !== 0 && entry.method !== 8)
    throw new ArchiveError('a file in it is packed in an unusual way');
  if (entry.method === 0) spend(budget, packed.length);
  const out = entry.method === 0 ? packed : collect(packed, budget, (take) => new Inflate(take));
  if (crc32(out) !== entry.sum) throw new ArchiveError('what is packed in it is damaged');
  return out;
}

type Unpacker = { push(chunk: Uint8Array, final: boolean): void };

/** DEFLATE grows at most 1,032-fold: a small step bounds what one push can unpack. */
const step = 8 * 1024;

function collect(
  packed: Uint8Array,
  budget: Budget,
  start: (take: (piece: Uint8Array) => void) => Unpacker,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const unpack = inSteps(start, (piece) => {
    spend(budget, piece.length);
    size += piece.length;
    pieces.push(piece);
  });
  unpack(packed, true);
  const out = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** Feeds an unpacker in small steps. What it gives is handed on before the next step. */
function inSteps(
  start: (take: (piece: Uint8Array) => void) => Unpacker,
  take: (piece: Uint8Array) => void,
): (packed: Uint8Array, final: boolean) => void {
  const unpacker = start((piece) => {
    if (piece.length > 0) take(piece.slice());
  });
  return (packed, final) => {
    try {
      for (let at = 0; at === 0 || at < packed.length; at += step)
        unpacker.push(packed.slice(at, at + step), final && at + step >= packed.length);
    } catch (cause) {
      if (cause instanceof IsletError) throw cause;
      throw new ArchiveError('what is packed in it is damaged');
    }
  };
}

/** Inflates one member as its pieces come. Each piece gives what it unpacks to. Throws `INGEST_BAD_ARCHIVE`. */
export function inflater(): (packed: Uint8Array, final: boolean) => Uint8Array[] {
  let out: Uint8Array[] = [];
  const unpack = inSteps(
    (take) => new Inflate(take),
    (piece) => out.push(piece),
  );
  return (packed, final) => {
    out = [];
    unpack(packed, final);
    return out;
  };
}

function spend(budget: Budget, bytes: number): void {
  budget.left -= bytes;
  if (budget.left < 0)
    throw new TooLargeError(
      `The archive unpacks to more than ${maxUnpackedBytes / 1024 / 1024} MiB. Unpack it and import the parts.`,
    );
}

/** `INGEST_BAD_ARCHIVE`: a zip or gzip file cannot be unpacked. */
export class ArchiveError extends IsletError {
  override readonly name: string = 'ArchiveError';
  constructor(why: string) {
    super('INGEST_BAD_ARCHIVE', `The archive cannot be unpacked: ${why}. Export or download it again.`);
  }
}
