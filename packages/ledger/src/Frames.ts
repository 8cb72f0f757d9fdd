// Copyright the Islet authors. AGPL-3.0-or-later.
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { IsletError } from '@islet/core/IsletError';
import { FRAME_BYTES } from './limits.js';

/**
 * A frame on disk, big-endian: length of the payload (4), kind (4), block number (8), CRC-32 of the payload (4),
 * CRC-32 of the twenty bytes before (4), payload. The head has its own checksum so that a damaged length in the
 * middle of the file can never pass for a record torn at its end.
 */
export const HEAD_BYTES = 24;

export type Frame = { kind: number; block: number; offset: number; payload: Buffer };
type Head = { length: number; kind: number; block: number; crc: number };

const CHUNK = 4 * 1024 * 1024;
const KINDS = 3;

export function encode(kind: number, block: number, payload: Buffer): Buffer {
  const out = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  out.writeUInt32BE(payload.length, 0);
  out.writeUInt32BE(kind, 4);
  out.writeBigUInt64BE(BigInt(block), 8);
  out.writeUInt32BE(crc32(payload), 16);
  out.writeUInt32BE(crc32(out.subarray(0, 20)), 20);
  payload.copy(out, HEAD_BYTES);
  return out;
}

/** Reads the frame at an offset. Throws `LEDGER_JOURNAL_CORRUPT` where its bytes are not what was written. */
export async function read(file: FileHandle, offset: number): Promise<Frame> {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  await file.read(head, 0, HEAD_BYTES, offset);
  const parsed = headAt(head, 0);
  if (!parsed) throw new CorruptError(undefined, offset);
  const payload = Buffer.allocUnsafe(parsed.length);
  const { bytesRead } = await file.read(payload, 0, parsed.length, offset + HEAD_BYTES);
  if (bytesRead !== parsed.length || crc32(payload) !== parsed.crc)
    throw new CorruptError(parsed.block, offset);
  return { kind: parsed.kind, block: parsed.block, offset, payload };
}

/**
 * Visits every frame from `start` and returns where the good ones end: before the end of the file if the last one
 * is torn. The payload is only valid during the visit. Throws `LEDGER_JOURNAL_CORRUPT` if anything but the last
 * record is damaged.
 */
export async function scan(file: FileHandle, start: number, visit: (frame: Frame) => void): Promise<number> {
  const { size } = await file.stat();
  let window = Buffer.alloc(0);
  let at = start;
  let base = start;
  let lastBlock: number | undefined;
  const need = async (bytes: number): Promise<boolean> => {
    if (at + bytes > size) return false;
    if (at + bytes <= base + window.length) return true;
    window = Buffer.allocUnsafe(Math.min(Math.max(CHUNK, bytes), size - at));
    base = at;
    const { bytesRead } = await file.read(window, 0, window.length, base);
    return bytesRead === window.length;
  };
  while (at < size) {
    const head = (await need(HEAD_BYTES)) ? headAt(window, at - base) : undefined;
    if (!head) {
      if (await headFollows(file, at + 1, size)) {
        throw new CorruptError(lastBlock === undefined ? 0 : lastBlock, at, 'at or after');
      }
      return at;
    }
    const end = at + HEAD_BYTES + head.length;
    if (end > size) return at;
    await need(HEAD_BYTES + head.length);
    const from = at - base + HEAD_BYTES;
    const payload = window.subarray(from, from + head.length);
    if (crc32(payload) !== head.crc) {
      if (end < size) throw new CorruptError(head.block, at);
      return at;
    }
    visit({ kind: head.kind, block: head.block, offset: at, payload });
    lastBlock = head.block;
    at = end;
  }
  return at;
}

function headAt(bytes: Buffer, at: number): Head | undefined {
  const length = bytes.readUInt32BE(at);
  const kind = bytes.readUInt32BE(at + 4);
  if (length > FRAME_BYTES || kind < 1 || kind > KINDS) return undefined;
  if (crc32(bytes.subarray(at, at + 20)) !== bytes.readUInt32BE(at + 20)) return undefined;
  return { length, kind, block: Number(bytes.readBigUInt64BE(at + 8)), crc: bytes.readUInt32BE(at + 16) };
}

/** Whether a whole frame head stands anywhere from `from` on: then what is before it was no torn tail. */
async function headFollows(file: FileHandle, from: number, size: number): Promise<boolean> {
  const window = Buffer.allocUnsafe(CHUNK);
  for (let base = from; base + HEAD_BYTES <= size; base += CHUNK - HEAD_BYTES) {
    const { bytesRead } = await file.read(window, 0, CHUNK, base);
    for (let i = 0; i + HEAD_BYTES <= bytesRead; i++) if (headAt(window, i)) return true;
  }
  return false;
}

/** `LEDGER_JOURNAL_CORRUPT`: bytes that were once on disk have changed. Nothing is repaired by guessing. */
export class CorruptError extends IsletError {
  override readonly name = 'LedgerJournalCorruptError';
  readonly block: number | undefined;
  constructor(block: number | undefined, offset: number, where = 'of') {
    super(
      'LEDGER_JOURNAL_CORRUPT',
      `The ledger's journal is damaged in the record ${where} block ${block ?? 'unknown'}, at byte ${offset}. ` +
        'Restore the journal file from a backup; do not cut it, the blocks after the damage are still there.',
    );
    this.block = block;
  }
}
