// Copyright the Islet authors. AGPL-3.0-or-later.
import { deflateRawSync, inflateRawSync } from 'node:zlib';

// JSON is kind to whatever fields an executor may answer with, and wasteful: half of it is hexadecimal, and most
// records say almost what others said. So hexadecimal is written as bytes, and what recurs as a reference back.

const BYTES = 1;
/** deflate looks no further back. */
const WINDOW = 32_768;

/** JSON text whose hexadecimal strings are bytes: 1, their length in base 128, low digits first, and they. */
export type Plain = Buffer;

/** No JSON text holds the byte 1, so nothing else can be taken for such bytes. */
export function plain(json: string): Plain {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { index, 0: all, 1: digits } of json.matchAll(/"0x((?:[0-9a-f]{2})+)"/g)) {
    parts.push(
      Buffer.from(json.slice(from, index)),
      lengthOf(digits!.length / 2),
      Buffer.from(digits!, 'hex'),
    );
    from = index + all.length;
  }
  return Buffer.concat([...parts, Buffer.from(json.slice(from))]);
}

/** The JSON text that `plain` was given. */
export function text(bytes: Plain): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = bytes.indexOf(BYTES); at !== -1; at = bytes.indexOf(BYTES, from)) {
    parts.push(bytes.toString('utf8', from, at++));
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const digit = bytes[at++]!;
      length |= (digit & 127) << shift;
      if (digit < 128) break;
    }
    from = at + length;
    parts.push(`"0x${bytes.toString('hex', at, from)}"`);
  }
  return parts.join('') + bytes.toString('utf8', from);
}

/** Deflated (RFC 1951), with references into the dictionary, too. */
export const deflate = (bytes: Plain, dictionary: Plain): Buffer =>
  deflateRawSync(bytes, { level: 9, dictionary: dictionary.subarray(-WINDOW) });

export const inflate = (bytes: Buffer, dictionary: Plain): Plain =>
  inflateRawSync(bytes, { dictionary: dictionary.subarray(-WINDOW) });

/** Texts one after the other, as a dictionary: as much of their end as deflate can refer to. */
export const joined = (...texts: Plain[]): Plain => Buffer.from(Buffer.concat(texts).subarray(-WINDOW));

function lengthOf(length: number): Buffer {
  const out = [BYTES];
  let rest = length;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest & 127) | 128);
  return Buffer.from([...out, rest]);
}
