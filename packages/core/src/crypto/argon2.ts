// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches @noble/hashes' Argon2.
import { argon2id } from '@noble/hashes/argon2.js';

/** `memoryKiB` and `passes` are what a guess costs; kept beside what was sealed, so that they can rise later. */
export type Cost = { memoryKiB: number; passes: number };

/** What a phone can bear and a guesser feels: above the least that OWASP names (46 MiB, one pass). */
export const usual: Cost = { memoryKiB: 64 * 1024, passes: 2 };

/** A 32-byte key from what a person remembers: Argon2id (RFC 9106), one lane. `salt` is 16 bytes or more. */
export const keyFrom = (passphrase: string, salt: Uint8Array, { memoryKiB, passes }: Cost): Uint8Array =>
  // One text, however a keyboard composes its accents.
  argon2id(new TextEncoder().encode(passphrase.normalize('NFKC')), salt, {
    m: memoryKiB,
    t: passes,
    p: 1,
    dkLen: 32,
    maxmem: (memoryKiB + 1024) * 1024,
  });
