// Copyright the Islet authors. AGPL-3.0-or-later.
// The bytes of a pack. All integers big-endian.
//
//   file   = "IPF" version ‖ pack number u32 ‖ checksum u64
//   frame  = "IPK" version ‖ state u32 ‖ length u32 ‖ durable u32 ‖ key (32) ‖ checksum u64 ‖ payload
//
// The checksum covers the pack's number, the frame's offset and the header. The payload has its own: the key is its hash.
// `durable` is the size the pack certainly had when the frame was written. A dropped frame has a zero key and, when done,
// a payload of zeros.
import { checksum, sha256 } from './sha256.js';

export const headBytes = 16;
export const headerBytes = 56;
export const version = 1;

/** `live`: an object. `dropping`: decided, the payload may still have to be zeroed. `dropped`: zeroed. `mark`: see `AppendFile.mark`. */
export type State = 'live' | 'dropping' | 'dropped' | 'mark';
export type Frame = { state: State; length: number; durable: number; key: Uint8Array };
/** Which frame: a header is valid at one place only. */
export type At = { pack: number; offset: number };

const states: readonly (State | undefined)[] = [undefined, 'live', 'dropping', 'dropped', 'mark'];
const magic = Uint8Array.of(0x49, 0x50, 0x4b, version);
export const noKey = new Uint8Array(32);

export function encode(at: At, frame: Frame): Buffer {
  const out = Buffer.alloc(headerBytes);
  out.set(magic);
  out.writeUInt32BE(states.indexOf(frame.state), 4);
  out.writeUInt32BE(frame.length, 8);
  out.writeUInt32BE(frame.durable, 12);
  out.set(frame.key, 16);
  out.writeBigUInt64BE(sumOf(at, out), 48);
  return out;
}

/** An intact header of this place, or `undefined`. */
export function parse(at: At, bytes: Uint8Array): Frame | undefined {
  if (bytes.length < headerBytes) return undefined;
  const b = asBuffer(bytes);
  const state = states[b.readUInt32BE(4)];
  if (b.indexOf(magic) !== 0 || !state || b.readBigUInt64BE(48) !== sumOf(at, b)) return undefined;
  return {
    state,
    length: b.readUInt32BE(8),
    durable: b.readUInt32BE(12),
    key: Uint8Array.from(b.subarray(16, 48)),
  };
}

/** The offset within `bytes`, which begin at `base` of the pack, of the first intact header. */
export function findHeader(pack: number, base: number, bytes: Uint8Array): number | undefined {
  const b = asBuffer(bytes);
  for (let at = b.indexOf(magic); at !== -1; at = b.indexOf(magic, at + 1))
    if (parse({ pack, offset: base + at }, b.subarray(at, at + headerBytes))) return at;
  return undefined;
}

/**
 * What a frame with a damaged header was, where that can be proven: `region` is all of it, header and payload.
 * A half-written or flipped header differs from a good one in few fields, so put right what may be wrong and see whether
 * the rest agrees.
 */
export function mend(at: At, region: Uint8Array): Frame | undefined {
  if (region.length < headerBytes) return undefined;
  const header = asBuffer(region.subarray(0, headerBytes));
  const payload = region.subarray(headerBytes);
  const key = sha256(payload);
  const durable = header.readUInt32BE(12);
  const live: Frame = { state: 'live', length: payload.length, durable, key };
  const dropping: Frame = { ...live, state: 'dropping', key: noKey };
  const stored = header.readBigUInt64BE(48);
  for (const frame of [live, dropping, { ...dropping, state: 'dropped' as const }])
    if (encode(at, frame).readBigUInt64BE(48) === stored) return frame;
  // From here on the checksum itself is what broke, or `durable`, which then must not testify.
  return header.subarray(16, 48).equals(key) ? { ...live, durable: 0 } : undefined;
}

/** An erased frame whose checksum broke: nothing can be hashed, so it must be known otherwise that the region is all of it. */
export function mendErased(region: Uint8Array): Frame | undefined {
  const header = asBuffer(region.subarray(0, headerBytes));
  const length = region.length - headerBytes;
  if (length < 0 || header.indexOf(magic) !== 0 || header.readUInt32BE(8) !== length) return undefined;
  const state = states[header.readUInt32BE(4)];
  const erased = (state === 'dropping' || state === 'dropped') && header.subarray(16, 48).equals(noKey);
  return erased ? { state: 'dropping', length, durable: 0, key: noKey } : undefined;
}

/** Whether a frame, intact or not, seems to begin here. */
export const beginsFrame = (bytes: Uint8Array): boolean => asBuffer(bytes).indexOf(magic) === 0;

/** The length in a header that is not intact; `Infinity` in less than a header. */
export const statedLength = (header: Uint8Array): number =>
  header.length < headerBytes ? Number.POSITIVE_INFINITY : asBuffer(header).readUInt32BE(8);

export function encodeHead(pack: number): Uint8Array {
  const out = Buffer.alloc(headBytes);
  out.set([0x49, 0x50, 0x46, version]);
  out.writeUInt32BE(pack, 4);
  out.writeBigUInt64BE(checksum(out.subarray(0, 8)), 8);
  return out;
}

function sumOf(at: At, header: Buffer): bigint {
  const place = Buffer.alloc(8);
  place.writeUInt32BE(at.pack);
  place.writeUInt32BE(at.offset, 4);
  return checksum(place, header.subarray(0, 48));
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
