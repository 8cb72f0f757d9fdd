// Copyright the Islet authors. AGPL-3.0-or-later.
// The bytes of a journal. All integers big-endian.
//
//   file   = "IJF" version ‖ 4 zero bytes ‖ first position u64 ‖ journal id (8) ‖ chain so far u64 ‖ checksum u64
//   frame  = "IJ" version kind ‖ length u32 ‖ position u64 ‖ durable u64 ‖ chain so far u64 ‖ payload's checksum u64
//            ‖ checksum u64 ‖ payload
//
// `durable` is the number of records that were safely on the disk when the frame was written: an intact header thereby
// testifies for everything before it. The last checksum covers the journal's id and the header, and becomes the chain; the
// header holds the position too, so frames cannot change places, go missing or come from another journal.
import { checksum } from './sha256.js';

export const headBytes = 40;
export const headerBytes = 48;
export const version = 1;

export type Kind = 'record' | 'mark';
export type Frame = {
  kind: Kind;
  length: number;
  position: number;
  durable: number;
  chain: bigint;
  payloadSum: bigint;
  sum: bigint;
};

const kindByte: Record<Kind, number> = { record: 1, mark: 2 };
const none = new Uint8Array(0);

/** Writes a frame into `out` at `offset` and returns its checksum, the chain for the next. */
export function encode(
  out: Buffer,
  offset: number,
  id: Uint8Array,
  frame: Omit<Frame, 'length' | 'payloadSum' | 'sum'>,
  payload: Uint8Array = none,
): bigint {
  out.set([0x49, 0x4a, version, kindByte[frame.kind]], offset);
  out.writeUInt32BE(payload.length, offset + 4);
  out.writeBigUInt64BE(BigInt(frame.position), offset + 8);
  out.writeBigUInt64BE(BigInt(frame.durable), offset + 16);
  out.writeBigUInt64BE(frame.chain, offset + 24);
  out.writeBigUInt64BE(checksum(payload), offset + 32);
  const sum = checksum(id, out.subarray(offset, offset + 40));
  out.writeBigUInt64BE(sum, offset + 40);
  out.set(payload, offset + headerBytes);
  return sum;
}

/** An intact header of this journal, or `undefined`. */
export function parse(bytes: Uint8Array, id: Uint8Array): Frame | undefined {
  if (bytes.length < headerBytes) return undefined;
  const b = asBuffer(bytes);
  const kind = b[3] === 1 ? 'record' : b[3] === 2 ? 'mark' : undefined;
  if (b[0] !== 0x49 || b[1] !== 0x4a || b[2] !== version || !kind) return undefined;
  const sum = b.readBigUInt64BE(40);
  if (checksum(id, b.subarray(0, 40)) !== sum) return undefined;
  return {
    kind,
    length: b.readUInt32BE(4),
    position: Number(b.readBigUInt64BE(8)),
    durable: Number(b.readBigUInt64BE(16)),
    chain: b.readBigUInt64BE(24),
    payloadSum: b.readBigUInt64BE(32),
    sum,
  };
}

export const isIntact = (frame: Frame, payload: Uint8Array): boolean =>
  payload.length === frame.length && checksum(payload) === frame.payloadSum;

/** The greatest `durable` of any intact header of this journal in the bytes; -1 where there is none. */
export function durableIn(bytes: Uint8Array, id: Uint8Array): number {
  const b = asBuffer(bytes);
  const magic = Uint8Array.of(0x49, 0x4a, version);
  let most = -1;
  for (let at = b.indexOf(magic); at !== -1; at = b.indexOf(magic, at + 1)) {
    const frame = parse(b.subarray(at, at + headerBytes), id);
    if (frame) most = Math.max(most, frame.durable);
  }
  return most;
}

export type FileHead = { first: number; id: Uint8Array; chain: bigint };

export function encodeHead(head: FileHead): Uint8Array {
  const out = Buffer.alloc(headBytes);
  out.set([0x49, 0x4a, 0x46, version]);
  out.writeBigUInt64BE(BigInt(head.first), 8);
  out.set(head.id, 16);
  out.writeBigUInt64BE(head.chain, 24);
  out.writeBigUInt64BE(checksum(out.subarray(0, 32)), 32);
  return out;
}

export function parseHead(bytes: Uint8Array): FileHead | undefined {
  if (bytes.length < headBytes) return undefined;
  const b = asBuffer(bytes);
  if (b.readUInt32BE(0) !== 0x494a4600 + version || b.readUInt32BE(4) !== 0) return undefined;
  if (b.readBigUInt64BE(32) !== checksum(b.subarray(0, 32))) return undefined;
  return {
    first: Number(b.readBigUInt64BE(8)),
    id: new Uint8Array(b.subarray(16, 24)),
    chain: b.readBigUInt64BE(24),
  };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
