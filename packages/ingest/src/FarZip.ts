// Copyright the Islet authors. AGPL-3.0-or-later.
// Archives that are read where they lie (PKWARE APPNOTE 6.3, with its 64-bit fields): the list of members is held, of
// their contents never more than a piece.
import { crc32 } from './Crc.js';
import { type Far, pieces } from './Far.js';
import { maxFarListBytes, maxFarMembers } from './Limits.js';
import { TooLargeError } from './Text.js';
import * as Zip from './Zip.js';

export type Member = {
  name: string;
  /** Bytes as packed, and as they are said to be unpacked. */
  packed: number;
  size: number;
  method: number;
  encrypted: boolean;
  sum: number;
  start: number;
};

const endLength = 22;
const locatorLength = 20;
const maxComment = 0xffff;

/** The files of an archive, folders and systems' own left out. Throws `INGEST_BAD_ARCHIVE` and `INGEST_TOO_LARGE`. */
export async function members(far: Far): Promise<Member[]> {
  const { at: first, count, length } = await listOf(far);
  if (count > maxFarMembers) throw new TooLargeError(`The archive holds more than ${maxFarMembers} files.`);
  if (length > maxFarListBytes) throw new TooLargeError('The archive’s list of files is too long.');
  const bytes = await exactly(far, first, length);
  const view = viewOf(bytes);
  const out: Member[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) throw broken();
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    const wide = long(bytes.subarray(nameEnd, extraEnd));
    // The 64-bit fields stand in this order, each only where the 32-bit one says so.
    const size = field(view, at + 24, wide);
    const packed = field(view, at + 20, wide);
    const start = field(view, at + 42, wide);
    if (!Zip.isSystems(name))
      out.push({
        name,
        size,
        packed,
        start,
        method: view.getUint16(at + 10, true),
        encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
        sum: view.getUint32(at + 16, true),
      });
    at = extraEnd + view.getUint16(at + 32, true);
  }
  return out;
}

/** Where the list of members begins, how many it names, and its length. */
async function listOf(far: Far): Promise<{ at: number; count: number; length: number }> {
  const from = Math.max(0, far.size - endLength - maxComment - locatorLength);
  const bytes = await exactly(far, from, far.size - from);
  const view = viewOf(bytes);
  const end = Zip.endRecord(view);
  const count = view.getUint16(end + 10, true);
  const length = view.getUint32(end + 12, true);
  const at = view.getUint32(end + 16, true);
  const locator = end - locatorLength;
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return { at, count, length };
  const wide = viewOf(await exactly(far, safe(view.getBigUint64(locator + 8, true)), 56));
  if (wide.getUint32(0, true) !== 0x06064b50) throw broken();
  return {
    count: safe(wide.getBigUint64(32, true)),
    length: safe(wide.getBigUint64(40, true)),
    at: safe(wide.getBigUint64(48, true)),
  };
}

/** The 64-bit numbers of a member, one after another. */
function long(extra: Uint8Array): () => number {
  const view = viewOf(extra);
  let [at, end] = [0, 0];
  for (let next = 0; next + 4 <= extra.length; next += 4 + view.getUint16(next + 2, true))
    if (view.getUint16(next, true) === 1)
      [at, end] = [next + 4, Math.min(next + 4 + view.getUint16(next + 2, true), extra.length)];
  return () => {
    if (at + 8 > end) throw broken();
    at += 8;
    return safe(view.getBigUint64(at - 8, true));
  };
}

function field(view: DataView, at: number, wide: () => number): number {
  const value = view.getUint32(at, true);
  return value === 0xffffffff ? wide() : value;
}

/** A member's content, piece by piece. Its sum is checked at its end. Throws `INGEST_BAD_ARCHIVE`. */
export async function* content(far: Far, member: Member): AsyncGenerator<Uint8Array, void> {
  if (member.encrypted) throw new Zip.ArchiveError('it is locked with a password; unpack it first');
  if (member.method !== 0 && member.method !== 8)
    throw new Zip.ArchiveError('a file in it is packed in an unusual way');
  const head = viewOf(await exactly(far, member.start, 30));
  if (head.getUint32(0, true) !== 0x04034b50)
    throw new Zip.ArchiveError('a file in it is not where it should be');
  const from = member.start + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const inflate = member.method === 8 ? Zip.inflater() : (piece: Uint8Array) => [piece];
  let [sum, left] = [0, member.packed];
  for await (const piece of pieces(far, from, from + member.packed)) {
    left -= piece.length;
    for (const out of inflate(piece, left === 0)) {
      sum = crc32(out, sum);
      yield out;
    }
  }
  if (sum !== member.sum) throw new Zip.ArchiveError('what is packed in it is damaged');
}

async function exactly(far: Far, at: number, length: number): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  if (at + length > far.size) throw broken();
  let done = 0;
  for await (const piece of pieces(far, at, at + length)) {
    out.set(piece, done);
    done += piece.length;
  }
  return out;
}

const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw broken();
  return Number(value);
}

const broken = () => new Zip.ArchiveError('its list of files is broken');
