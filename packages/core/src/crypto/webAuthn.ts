// Copyright the Islet authors. AGPL-3.0-or-later.
// A passkey's signature of a digest, as OpenZeppelin's ERC7913WebAuthnVerifier takes it: the ABI encoding of
// (r, s, challengeIndex, typeIndex, authenticatorData, clientDataJSON). What that contract checks is checked here, and
// in its order: Web Authentication Level 2, 7.2, steps 11, 12, 16, 17 and 20, and the relation of the backup flags.
import { toBase64url } from '../base64.js';
import { concat, equal, uint256, utf8 } from './bytes.js';
import { sha256 } from './hash.js';
import * as P256 from './p256.js';

/** What a browser gives for `navigator.credentials.get`; `signature` is DER. */
export type Assertion = {
  authenticatorData: Uint8Array;
  clientDataJSON: Uint8Array;
  signature: Uint8Array;
};

const type = utf8('"type":"webauthn.get"');
const challengeOf = (digest: Uint8Array): Uint8Array => utf8(`"challenge":"${toBase64url(digest)}"`);

const userPresent = 0x01;
const userVerified = 0x04;
const backupEligible = 0x08;
const backedUp = 0x10;

/** The signature of an assertion, or `undefined` where it cannot be one of this digest. */
export function encode(assertion: Assertion, digest: Uint8Array): Uint8Array | undefined {
  const signature = P256.fromDer(assertion.signature);
  return signature && encodeRaw({ ...assertion, signature }, digest);
}

/** The same from r ‖ s, low s, in place of DER. */
export function encodeRaw(assertion: Assertion, digest: Uint8Array): Uint8Array | undefined {
  const { authenticatorData, clientDataJSON, signature } = assertion;
  const challengeIndex = indexOf(clientDataJSON, challengeOf(digest));
  const typeIndex = indexOf(clientDataJSON, type);
  if (challengeIndex < 0 || typeIndex < 0) return undefined;
  const data = tail(authenticatorData);
  const offsets = [6 * 32, 6 * 32 + data.length];
  return concat(
    signature,
    ...[challengeIndex, typeIndex, ...offsets].map((n) => uint256(n)),
    data,
    tail(clientDataJSON),
  );
}

/**
 * Whether the bytes are the passkey's signature of a digest, made with the person present and verified (by finger, face
 * or PIN): without that, whoever finds an unlocked phone signs. `publicKey` is x ‖ y. An index that points outside the
 * text is refused, where the contract would read the memory around it.
 */
export function verify(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const parts = parse(signature);
  if (!parts || parts.authenticatorData.length <= 36) return false;
  const { authenticatorData, clientDataJSON } = parts;
  const flags = authenticatorData[32]!;
  const needed = userPresent | userVerified;
  return (
    stands(clientDataJSON, parts.typeIndex, type) &&
    stands(clientDataJSON, parts.challengeIndex, challengeOf(digest)) &&
    (flags & needed) === needed &&
    ((flags & backedUp) === 0 || (flags & backupEligible) !== 0) &&
    P256.verify(sha256(concat(authenticatorData, sha256(clientDataJSON))), parts.signature, publicKey)
  );
}

// As the contract reads it: other offsets than ours are taken too, as long as they lead inside.
function parse(bytes: Uint8Array) {
  if (bytes.length < 6 * 32) return undefined;
  const authenticatorData = dynamic(bytes, word(bytes, 4 * 32));
  const clientDataJSON = dynamic(bytes, word(bytes, 5 * 32));
  if (!authenticatorData || !clientDataJSON) return undefined;
  return {
    signature: bytes.slice(0, 64),
    challengeIndex: word(bytes, 64),
    typeIndex: word(bytes, 96),
    authenticatorData,
    clientDataJSON,
  };
}

/** A 256-bit number, or infinity where it is beyond any length. */
function word(bytes: Uint8Array, at: number): number {
  let n = 0n;
  for (let i = 0; i < 32; i++) n = (n << 8n) | BigInt(bytes[at + i]!);
  return n > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(n);
}

function dynamic(bytes: Uint8Array, at: number): Uint8Array | undefined {
  if (at > bytes.length - 32) return undefined;
  const length = word(bytes, at);
  return length > bytes.length - 32 - at ? undefined : bytes.slice(at + 32, at + 32 + length);
}

const stands = (text: Uint8Array, at: number, expected: Uint8Array): boolean =>
  at <= text.length - expected.length && equal(text.slice(at, at + expected.length), expected);

function indexOf(text: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= text.length; at++) if (stands(text, at, part)) return at;
  return -1;
}

const tail = (bytes: Uint8Array): Uint8Array =>
  concat(uint256(bytes.length), bytes, new Uint8Array((32 - (bytes.length % 32)) % 32));
