// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Place } from './Ask.js';
import { decode, encode, MalformedError } from './codec.js';
import { concat, utf8 } from './crypto/bytes.js';
import * as Xwing from './crypto/xwing.js';
import * as Padding from './Padding.js';
import * as Words from './Words.js';

/** What a patient says to an ask: `grantId` is what was granted, null where it was declined; `word` is theirs, or null. */
export type Answer = { grantId: Uint8Array | null; word: string | null };

type Of = Pick<Place, 'asker' | 'patient' | 'id'>;

/** An answer on its way back. The patient's account signs a Statement about the document; kind `askAnswer`. */
export type Sealed = Of & { sealed: Uint8Array };

const name = 'islet/ask-answer';
const sealedName = 'islet/sealed-ask-answer';

export const encodeAnswer = ({ grantId, word }: Answer): Uint8Array => encode(name, 1, [grantId, word]);

/** Throws `FORMAT_MALFORMED`. */
export function parseAnswer(bytes: Uint8Array): Answer {
  const f = decode(name, 1, bytes);
  const answer = {
    grantId: f.nullable((g) => g.bytes(32)),
    word: f.nullable((g) => g.text(Words.maxLength)),
  };
  f.end();
  if (answer.word !== null && !Words.isPlain(answer.word))
    throw new MalformedError(name, 'says a word that is not plain text');
  return answer;
}

/** Seals to the asker's X-Wing key: nobody on the way can tell a yes from a no, as far as a short word goes. */
export const seal = (
  answer: Answer,
  of: Of,
  askerKey: Uint8Array,
  random: (length: number) => Uint8Array,
): Sealed => ({
  ...{ asker: of.asker, patient: of.patient, id: of.id },
  sealed: Xwing.seal(askerKey, context(of), Padding.pad(encodeAnswer(answer)), random),
});

/** The answer, or `undefined` where it was sealed to another, or about another ask. Throws `FORMAT_MALFORMED`. */
export function open(sealed: Sealed, askerSeed: Uint8Array): Answer | undefined {
  const padded = Xwing.open(askerSeed, context(sealed), sealed.sealed);
  const plaintext = padded && Padding.unpad(padded);
  return plaintext && parseAnswer(plaintext);
}

export const encodeSealed = (s: Sealed): Uint8Array =>
  encode(sealedName, 1, [s.asker, s.patient, s.id, s.sealed]);

/** Throws `FORMAT_MALFORMED`. */
export function parseSealed(bytes: Uint8Array): Sealed {
  const f = decode(sealedName, 1, bytes);
  const sealed = { asker: f.bytes(32), patient: f.bytes(32), id: f.bytes(32), sealed: f.bytes() };
  f.end();
  return sealed;
}

const context = ({ asker, patient, id }: Of): Uint8Array =>
  concat(utf8('islet/ask-answer/v1'), asker, patient, id);
