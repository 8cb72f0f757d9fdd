// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

/**
 * A file's bytes as text: UTF-8, UTF-16 with its mark, and, where neither fits, Windows-1252, which is what older
 * spreadsheets save. Undefined for what is not text.
 */
export function decode(bytes: Uint8Array): string | undefined {
  const wide = utf16(bytes);
  if (wide) return new TextDecoder(wide).decode(bytes);
  if (notText(bytes)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function utf16(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

const magic: [saw: string, first: number[]][] = [
  ['a ZIP archive', [0x50, 0x4b]],
  ['a gzip archive', [0x1f, 0x8b]],
  ['a PDF', [0x25, 0x50, 0x44, 0x46]],
  ['an old Office document', [0xd0, 0xcf, 0x11, 0xe0]],
  ['a picture', [0x89, 0x50, 0x4e, 0x47]],
  ['a picture', [0xff, 0xd8, 0xff]],
  ['a picture', [0x47, 0x49, 0x46, 0x38]],
  ['a database', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
];

const looked = 64 * 1024;

/** What bytes are that are not text, in words; undefined for text. */
export function notText(bytes: Uint8Array): string | undefined {
  for (const [saw, first] of magic) if (first.every((byte, i) => bytes[i] === byte)) return saw;
  let odd = 0;
  const end = Math.min(bytes.length, looked);
  for (let i = 0; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0) return 'binary data';
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) odd++;
  }
  return odd > end / 50 ? 'binary data' : undefined;
}

/** `INGEST_TOO_LARGE`: the file is beyond a limit of this program. */
export class TooLargeError extends IsletError {
  override readonly name: string = 'TooLargeError';
  constructor(message: string) {
    super('INGEST_TOO_LARGE', message);
  }
}
