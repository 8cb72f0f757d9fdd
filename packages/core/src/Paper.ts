// Copyright the Islet authors. AGPL-3.0-or-later.
// Bytes as text that people copy, print, type and read to each other.
import { concat, equal } from './crypto/bytes.js';
import { domainHash } from './crypto/hash.js';

/** Crockford's base 32: no letter that looks like another. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const alike: Record<string, string> = { O: '0', I: '1', L: '1', U: 'V' };

function encode(bytes: Uint8Array): string {
  let out = '';
  let [bits, value] = [0, 0];
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      out += alphabet[(value >> (bits - 5)) & 31];
      bits -= 5;
      value &= (1 << bits) - 1;
    }
  }
  return bits > 0 ? out + alphabet[(value << (5 - bits)) & 31] : out;
}

function decode(text: string): Uint8Array | undefined {
  const out: number[] = [];
  let [bits, value] = [0, 0];
  for (const letter of text.toUpperCase().replace(/[\s-]/g, '')) {
    const at = alphabet.indexOf(alike[letter] ?? letter);
    if (at < 0) return undefined;
    value = (value << 5) | at;
    bits += 5;
    if (bits < 8) continue;
    out.push((value >> (bits - 8)) & 255);
    bits -= 8;
    value &= (1 << bits) - 1;
  }
  // What is left over says nothing, so that each text is the only one of its bytes.
  return bits < 5 && value === 0 ? Uint8Array.from(out) : undefined;
}

const withSum = (domain: string, bytes: Uint8Array, length: number): Uint8Array =>
  concat(bytes, domainHash(domain, bytes).subarray(0, length));

/** Text in groups of five letters, with `sum` bytes of a check that belongs to `domain`: one text is not taken for another. */
export const write = (domain: string, bytes: Uint8Array, sum: number): string =>
  encode(withSum(domain, bytes, sum))
    .match(/.{1,5}/g)!
    .join('-');

/** The bytes of a text, or `undefined` where a letter is wrong or it is of another domain. Case, spaces and dashes count for nothing. */
export function read(domain: string, text: string, sum: number): Uint8Array | undefined {
  const bytes = decode(text);
  const body = bytes?.slice(0, -sum);
  return bytes && body && equal(withSum(domain, body, sum), bytes) ? body : undefined;
}

const consonants = 'bdfghjklmnprstvz';
const vowels = 'aiou';

/** Two bytes a word, to say over the telephone: the consonants and vowels of proquints (arXiv:0901.4016). */
export function words(bytes: Uint8Array): string {
  const out: string[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const n = (bytes[i]! << 8) | bytes[i + 1]!;
    const letter = (of: string, shift: number) => of[(n >> shift) & (of.length - 1)];
    out.push(
      [
        letter(consonants, 12),
        letter(vowels, 10),
        letter(consonants, 6),
        letter(vowels, 4),
        letter(consonants, 0),
      ].join(''),
    );
  }
  return out.join(' ');
}
