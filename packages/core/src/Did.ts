// Copyright the Islet authors. AGPL-3.0-or-later.
import { toBase64url } from './base64.js';
import { equal, to0x, toHex } from './crypto/bytes.js';
import type { Verifiers } from './Message.js';

/** What the chain knows of an account, and its public encryption key where a hub gave the one that the chain commits to. */
export type Account = {
  chainId: number;
  /** 32 bytes. */
  account: Uint8Array;
  /** In ERC-7913 form. */
  signers: Uint8Array[];
  verifiers: Verifiers;
  encryptionKey?: Uint8Array;
};

/** A document of W3C Decentralized Identifiers 1.0. */
export type Document = {
  '@context': string[];
  id: string;
  verificationMethod: Method[];
  authentication: string[];
  assertionMethod: string[];
  capabilityInvocation: string[];
  keyAgreement: Method[];
};

export type Method = { id: string; type: string; controller: string } & (
  | { blockchainAccountId: string }
  | { publicKeyJwk: Record<string, string> }
);

const contexts = [
  'https://www.w3.org/ns/did/v1',
  'https://w3id.org/security/suites/secp256k1recovery-2020/v2',
  'https://w3id.org/security/suites/jws-2020/v1',
];

/** `did:islet:CHAIN:ACCOUNT`, the account in hexadecimal. */
export const of = (chainId: number, account: Uint8Array): string => `did:islet:${chainId}:${toHex(account)}`;

/** The chain and account of a DID of this method; `undefined` for any other text. */
export function parse(did: string): { chainId: number; account: string } | undefined {
  const [, chain, account] = /^did:islet:([1-9]\d{0,15}):([0-9a-f]{64})$/.exec(did) ?? [];
  const chainId = Number(chain);
  return account !== undefined && Number.isSafeInteger(chainId) ? { chainId, account } : undefined;
}

/**
 * The account's DID document. Signers are its verification methods: a secp256k1 key by its address, as only that is
 * known of it, P-256 keys and passkeys in full; a signer of a verifier that this deployment does not know has none. The
 * encryption key (X-Wing, draft-connolly-cfrg-xwing-kem) is for key agreement only.
 */
export function document({ chainId, account, signers, verifiers, encryptionKey }: Account): Document {
  const id = of(chainId, account);
  const methods = signers.flatMap((signer) => methodOf(id, chainId, signer, verifiers) ?? []);
  const names = methods.map((m) => m.id);
  return {
    '@context': contexts,
    id,
    verificationMethod: methods,
    authentication: names,
    assertionMethod: names,
    capabilityInvocation: names,
    keyAgreement: encryptionKey
      ? [
          {
            ...{ id: `${id}#encryption`, type: 'JsonWebKey2020', controller: id },
            publicKeyJwk: { kty: 'AKP', alg: 'X-Wing', pub: toBase64url(encryptionKey) },
          },
        ]
      : [],
  };
}

function methodOf(
  did: string,
  chainId: number,
  signer: Uint8Array,
  verifiers: Verifiers,
): Method | undefined {
  const controller = did;
  if (signer.length === 20) {
    const blockchainAccountId = `eip155:${chainId}:${to0x(signer)}`;
    const id = `${did}#${toHex(signer)}`;
    return { id, type: 'EcdsaSecp256k1RecoveryMethod2020', controller, blockchainAccountId };
  }
  const verifier = signer.slice(0, 20);
  const known = equal(verifier, verifiers.p256) || equal(verifier, verifiers.webAuthn);
  if (signer.length !== 84 || !known) return undefined;
  const [x, y] = [toBase64url(signer.slice(20, 52)), toBase64url(signer.slice(52))];
  const id = `${did}#${toHex(signer.slice(20, 40))}`;
  return { id, type: 'JsonWebKey2020', controller, publicKeyJwk: { kty: 'EC', crv: 'P-256', x, y } };
}
