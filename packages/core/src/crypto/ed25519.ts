// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that uses Ed25519, through Web Crypto (RFC 8032): native speed in Node and in browsers.
import { concat, plain } from './bytes.js';

export type SigningKey = { readonly publicKey: Uint8Array; sign(message: Uint8Array): Promise<Uint8Array> };

// RFC 8410: the fixed head of a PKCS #8 Ed25519 key, before its 32-byte seed.
const pkcs8Head = new Uint8Array([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);

/** The signing key of a 32-byte seed. The seed stays inside Web Crypto afterwards. */
export async function fromSeed(seed: Uint8Array): Promise<SigningKey> {
  if (seed.length !== 32) throw new RangeError('an Ed25519 seed is 32 bytes');
  const key = await crypto.subtle.importKey('pkcs8', plain(concat(pkcs8Head, seed)), 'Ed25519', true, [
    'sign',
  ]);
  const { x } = await crypto.subtle.exportKey('jwk', key);
  const publicKey = fromBase64Url(x!);
  return {
    publicKey,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, plain(message))),
  };
}

const imported = new Map<string, Promise<CryptoKey>>();

/** Whether the signature is this key's over this message. Malformed keys and signatures are simply not valid. */
export async function verify(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): Promise<boolean> {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  const id = publicKey.toString();
  let key = imported.get(id);
  if (!key) {
    key = crypto.subtle.importKey('raw', plain(publicKey), 'Ed25519', false, ['verify']);
    if (imported.size >= 1024) imported.clear();
    imported.set(id, key);
  }
  try {
    return await crypto.subtle.verify('Ed25519', await key, plain(signature), plain(message));
  } catch {
    imported.delete(id);
    return false;
  }
}

function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}
