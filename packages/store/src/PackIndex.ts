// Copyright the Islet authors. AGPL-3.0-or-later.
// A pack's table of contents, so that opening need not read the pack. A cache: missing or damaged, the pack is scanned.
//
//   "IPX" version ‖ pack number u32 ‖ end u32 ‖ count u32 ‖ count × (key (32) ‖ offset u32 ‖ length u32) ‖ SHA-256 (32)
import { sha256 } from './sha256.js';

export const version = 1;
const headBytes = 16;
const entryBytes = 40;

export type Entry = { key: Uint8Array; offset: number; length: number };
/** The live objects of the pack up to `end`. */
export type PackIndex = { pack: number; end: number; entries: Entry[] };

export function encode(index: PackIndex): Uint8Array {
  const body = Buffer.alloc(headBytes + entryBytes * index.entries.length);
  body.set([0x49, 0x50, 0x58, version]);
  body.writeUInt32BE(index.pack, 4);
  body.writeUInt32BE(index.end, 8);
  body.writeUInt32BE(index.entries.length, 12);
  index.entries.forEach((entry, i) => {
    const at = headBytes + i * entryBytes;
    body.set(entry.key, at);
    body.writeUInt32BE(entry.offset, at + 32);
    body.writeUInt32BE(entry.length, at + 36);
  });
  return Buffer.concat([body, sha256(body)]);
}

/** `undefined` where the bytes are not a whole index. The keys are views into them. */
export function decode(bytes: Uint8Array): PackIndex | undefined {
  if (bytes.length < headBytes + 32) return undefined;
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = b.subarray(0, -32);
  if (!b.subarray(-32).equals(sha256(body))) return undefined;
  const count = body.readUInt32BE(12);
  if (body.readUInt32BE(0) !== 0x49505800 + version || body.length !== headBytes + count * entryBytes)
    return undefined;
  const entries: Entry[] = [];
  for (let at = headBytes; at < body.length; at += entryBytes)
    entries.push({
      key: body.subarray(at, at + 32),
      offset: body.readUInt32BE(at + 32),
      length: body.readUInt32BE(at + 36),
    });
  return { pack: body.readUInt32BE(4), end: body.readUInt32BE(8), entries };
}
