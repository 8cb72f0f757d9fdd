// Copyright the Islet authors. AGPL-3.0-or-later.
// Bytes that one person hands to another, as text to paste or as a file.
import { base64, unbase64 } from '@islet/core/base64';
import { IsletError } from '@islet/core/IsletError';

export type Handed = { text: string } | { bytes: Uint8Array };

export const textOf = base64;

/** Throws `WEB_BAD_ANSWER`. */
export function bytesOf(handed: Handed): Uint8Array {
  if ('bytes' in handed) return handed.bytes;
  try {
    return unbase64(handed.text.replace(/\s/g, ''));
  } catch {
    throw new BadAnswerError();
  }
}

export class BadAnswerError extends IsletError {
  override readonly name = 'BadAnswerError';
  constructor() {
    super('WEB_BAD_ANSWER', 'This is not an answer, or part of it is missing. Copy all of it again.');
  }
}
