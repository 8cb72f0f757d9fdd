// Copyright the Islet authors. AGPL-3.0-or-later.
// DEFLATE (RFC 1951) before sealing, through the platform's streams: browsers and Node have the same.
import { MalformedError } from './codec.js';
import { plain } from './crypto/bytes.js';

const stored = 0;
const deflated = 1;
/** Short runs gain nothing. */
const worthwhile = 400;
/** A run of readings never inflates beyond this; more is an attack. */
export const maxInflated = 8 << 20;

/** Throws a RangeError beyond `maxInflated`: it could be written, but never read again. */
export async function pack(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length > maxInflated) throw new RangeError('more than a reader unpacks');
  const small =
    bytes.length < worthwhile
      ? undefined
      : await collect(bytes, new CompressionStream('deflate-raw'), maxInflated);
  return small && small.length < bytes.length ? tagged(deflated, small) : tagged(stored, bytes);
}

/**
 * What was packed. Compressors differ, so the same bytes can be packed in more than one way: the only place in Islet
 * where a content has several encodings. Nothing is hashed or signed by its unpacked form alone.
 */
export async function unpack(packed: Uint8Array): Promise<Uint8Array> {
  if (packed[0] === stored && packed.length <= maxInflated + 1) return packed.slice(1);
  if (packed[0] !== deflated) throw new MalformedError('islet/content', 'is packed in an unknown way');
  const body = packed.subarray(1);
  // Some platforms ignore bytes behind the end, others refuse them. Without its last byte a whole stream is cut.
  if ((await inflated(body.subarray(0, -1))).whole)
    throw new MalformedError('islet/content', 'goes on behind its end');
  const { whole, cause } = await inflated(body);
  if (!whole) throw new MalformedError('islet/content', 'does not unpack', { cause });
  return whole;
}

async function inflated(bytes: Uint8Array): Promise<{ whole?: Uint8Array; cause?: unknown }> {
  try {
    return { whole: await collect(bytes, new DecompressionStream('deflate-raw'), maxInflated) };
  } catch (cause) {
    return { cause };
  }
}

async function collect(
  bytes: Uint8Array,
  through: CompressionStream | DecompressionStream,
  limit: number,
): Promise<Uint8Array> {
  const writer = through.writable.getWriter();
  // Errors surface at the reading end; this only keeps them from being reported twice.
  writer.write(plain(bytes)).catch(() => {});
  writer.close().catch(() => {});
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of through.readable as unknown as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > limit) throw new RangeError('too long');
    parts.push(part);
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1);
  out[0] = tag;
  out.set(bytes, 1);
  return out;
}
