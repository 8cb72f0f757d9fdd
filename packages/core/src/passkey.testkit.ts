// Copyright the Islet authors. AGPL-3.0-or-later.
// A passkey as a browser and its authenticator make one, by Web Crypto: another implementation than ours.
import { webcrypto } from 'node:crypto';
import { toBase64url } from './base64.js';
import { concat, plain, uint256, utf8 } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';
import type { Assertion } from './crypto/webAuthn.js';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const;

export type Passkey = {
  /** x ‖ y. */
  publicKey: Uint8Array;
  /** r ‖ s over SHA-256 of the bytes; the s as it falls. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  assert(digest: Uint8Array, how?: { flags?: number; type?: string; origin?: string }): Promise<Assertion>;
};

export async function passkey(): Promise<Passkey> {
  const pair = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const raw = new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey));
  const sign = async (bytes: Uint8Array): Promise<Uint8Array> =>
    new Uint8Array(await webcrypto.subtle.sign(signing, pair.privateKey, plain(bytes)));
  return {
    publicKey: raw.slice(1),
    sign,
    async assert(digest, { flags = 0x1d, type = 'webauthn.get', origin = 'https://islet.example' } = {}) {
      const client = { type, challenge: toBase64url(digest), origin, crossOrigin: false };
      const clientDataJSON = utf8(JSON.stringify(client));
      const authenticatorData = concat(sha256(utf8('islet.example')), new Uint8Array([flags, 0, 0, 0, 7]));
      const signature = derOf(await sign(concat(authenticatorData, sha256(clientDataJSON))));
      return { authenticatorData, clientDataJSON, signature };
    },
  };
}

/** r ‖ s as DER, as authenticators give it. */
export function derOf(signature: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): Uint8Array => {
    let from = 0;
    while (from < 31 && bytes[from] === 0) from++;
    const short = bytes.slice(from);
    const body = short[0]! & 0x80 ? concat(new Uint8Array(1), short) : short;
    return concat(new Uint8Array([2, body.length]), body);
  };
  const body = concat(integer(signature.slice(0, 32)), integer(signature.slice(32)));
  return concat(new Uint8Array([0x30, body.length]), body);
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other signature that the same equation takes. */
export const twin = (signature: Uint8Array): Uint8Array =>
  concat(
    signature.slice(0, 32),
    uint256(order - BigInt(`0x${Buffer.from(signature.slice(32, 64)).toString('hex')}`)),
  );

export const isLow = (signature: Uint8Array): boolean =>
  BigInt(`0x${Buffer.from(signature.slice(32, 64)).toString('hex')}`) <= order / 2n;

export const lowOf = (signature: Uint8Array): Uint8Array => (isLow(signature) ? signature : twin(signature));
