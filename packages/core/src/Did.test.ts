// Copyright the Islet authors. AGPL-3.0-or-later.
import { webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { drawn } from './core.testkit.js';
import { concat, toHex } from './crypto/bytes.js';
import * as P256 from './crypto/p256.js';
import * as Xwing from './crypto/xwing.js';
import * as Did from './Did.js';

const random = drawn('did');
const verifiers = { p256: random(20), webAuthn: random(20) };
const account = random(32);
const key = P256.publicKeyOf(P256.secretKeyFrom(random));
const about = {
  ...{ chainId: 31_337, account, verifiers },
  signers: [random(20), concat(verifiers.webAuthn, key), concat(random(20), key)],
  encryptionKey: Xwing.publicKeyOf(random(32)),
};

describe('a DID document', () => {
  const document = Did.document(about);

  test('is of the chain and the account, which its name gives back', () => {
    expect(document.id).toBe(`did:islet:31337:${toHex(account)}`);
    expect(Did.parse(document.id)).toEqual({ chainId: 31_337, account: toHex(account) });
    for (const other of [
      'did:key:z6Mk',
      `did:islet:0:${toHex(account)}`,
      'did:islet:1:ab',
      `${document.id}#x`,
    ])
      expect(Did.parse(other)).toBeUndefined();
  });

  test('has a verification method for each signer that it can be said of, and no other', async () => {
    const [address, passkey, ...rest] = document.verificationMethod;
    expect(rest).toEqual([]);
    expect(address).toMatchObject({ blockchainAccountId: `eip155:31337:0x${toHex(about.signers[0]!)}` });
    const { publicKeyJwk } = passkey as { publicKeyJwk: Record<string, string> };
    const read = await webcrypto.subtle.importKey(
      'jwk',
      publicKeyJwk,
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['verify'],
    );
    expect(new Uint8Array(await webcrypto.subtle.exportKey('raw', read)).slice(1)).toEqual(key);
    const ids = document.verificationMethod.map((m) => m.id);
    for (const relation of [document.authentication, document.assertionMethod, document.capabilityInvocation])
      expect(relation).toEqual(ids);
    for (const method of document.verificationMethod) expect(method.controller).toBe(document.id);
  });

  test('keeps the key for encryption apart from those that sign', () => {
    const [encryption] = document.keyAgreement;
    expect(document.authentication).not.toContain(encryption!.id);
    expect(encryption).toMatchObject({ publicKeyJwk: { kty: 'AKP', alg: 'X-Wing' } });
    const { encryptionKey: _, ...without } = about;
    expect(Did.document(without).keyAgreement).toEqual([]);
  });
});
