// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode } from './codec.js';
import { concat, equal, utf8 } from './crypto/bytes.js';
import { domainHash } from './crypto/hash.js';
import * as Xwing from './crypto/xwing.js';

/**
 * Why someone broke the glass, in their own words. On chain stands its salted hash, the request's `statement`; the words
 * travel sealed to the patient.
 */
export type Reason = { salt: Uint8Array; text: string };

const name = 'islet/emergency-reason';
export const maxLength = 1000;

/** What the request says of the reason: never zero. */
export const statementOf = ({ salt, text }: Reason): Uint8Array =>
  domainHash('islet/emergency-statement/v1', salt, utf8(text));

/** Seals to the patient's X-Wing key, bound to the statement. */
export const seal = (
  reason: Reason,
  patientKey: Uint8Array,
  random: (length: number) => Uint8Array,
): Uint8Array =>
  Xwing.seal(patientKey, context(statementOf(reason)), encode(name, 1, [reason.salt, reason.text]), random);

/**
 * The reason, or `undefined` where it does not open or is not what the statement is the hash of: then the reader stated
 * to the chain what they did not tell the patient. Throws `FORMAT_MALFORMED`.
 */
export function open(sealed: Uint8Array, statement: Uint8Array, patientSeed: Uint8Array): Reason | undefined {
  const plaintext = Xwing.open(patientSeed, context(statement), sealed);
  if (!plaintext) return undefined;
  const f = decode(name, 1, plaintext);
  const reason = { salt: f.bytes(32), text: f.text(maxLength) };
  f.end();
  return equal(statementOf(reason), statement) ? reason : undefined;
}

const context = (statement: Uint8Array): Uint8Array => concat(utf8('islet/emergency-reason/v1'), statement);
