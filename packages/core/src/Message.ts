// Copyright the Islet authors. AGPL-3.0-or-later.

import { concat, equal } from './crypto/bytes.js';
import * as P256 from './crypto/p256.js';
import * as Secp256k1 from './crypto/secp256k1.js';
import { type Domain, digest, type Struct, structHash, type Value } from './crypto/typedData.js';
import * as WebAuthn from './crypto/webAuthn.js';

// The EIP-712 messages people sign, field for field as the contracts declare them. Every message names its
// chain and contract, so that one meant for elsewhere is refused with its own reason, not as a bad signature.

const place = [
  ['uint256', 'chain'],
  ['address', 'target'],
] as const;
const once = [
  ['uint256', 'nonce'],
  ['uint64', 'deadline'],
] as const;

export const register = {
  name: 'Register',
  fields: [
    ...place,
    ['bytes32', 'account'],
    ['bytes', 'signer'],
    ['bytes32', 'encryptionKeyHash'],
    ['uint64', 'deadline'],
  ],
} as const satisfies Struct;

export const authoriseGateway = {
  name: 'AuthoriseGateway',
  fields: [...place, ['bytes32', 'account'], ['bytes32', 'gatewayKey'], ...once],
} as const satisfies Struct;

export const endGateway = { ...authoriseGateway, name: 'EndGateway' } as const satisfies Struct;

export const addSigner = {
  name: 'AddSigner',
  fields: [...place, ['bytes32', 'account'], ['bytes', 'signer'], ...once],
} as const satisfies Struct;

export const removeSigner = { ...addSigner, name: 'RemoveSigner' } as const satisfies Struct;

export const replaceEncryptionKey = {
  name: 'ReplaceEncryptionKey',
  fields: [...place, ['bytes32', 'account'], ['bytes32', 'encryptionKeyHash'], ...once],
} as const satisfies Struct;

/** `guardians` are commitments (`Guardians.commitment`); `delay` is in seconds. */
export const setGuardians = {
  name: 'SetGuardians',
  fields: [
    ...place,
    ['bytes32', 'account'],
    ['bytes32[]', 'guardians'],
    ['uint8', 'threshold'],
    ['uint64', 'delay'],
    ...once,
  ],
} as const satisfies Struct;

/** A guardian's word that `newSigner` is the person's. Signed by a signer of the guardian's own account. */
export const approve = {
  name: 'Approve',
  fields: [
    ...place,
    ['bytes32', 'account'],
    ['bytes32', 'guardian'],
    ['bytes32', 'salt'],
    ['bytes', 'newSigner'],
    ['uint32', 'attempt'],
    ['uint64', 'deadline'],
  ],
} as const satisfies Struct;

export const withdrawApproval = {
  name: 'WithdrawApproval',
  fields: [
    ...place,
    ['bytes32', 'account'],
    ['bytes32', 'guardian'],
    ['bytes32', 'salt'],
    ['uint32', 'attempt'],
    ['uint64', 'deadline'],
  ],
} as const satisfies Struct;

/** The account's veto of a recovery. */
export const object = {
  name: 'Object',
  fields: [...place, ['bytes32', 'account'], ['uint32', 'attempt'], ['uint64', 'deadline']],
} as const satisfies Struct;

/** Names a keeper who may let people in (`Circle`). `keyHash`: of the public key that grants to the circle are sealed to. */
export const openCircle = {
  name: 'OpenCircle',
  fields: [
    ...place,
    ['bytes32', 'patient'],
    ['bytes32', 'keeper'],
    ['uint8', 'maxPeople'],
    ['uint64', 'until'],
    ['bytes32', 'salt'],
    ['bytes32', 'keyHash'],
    ['uint64', 'deadline'],
  ],
} as const satisfies Struct;

/** The keeper lets `reader` in. */
export const admit = {
  name: 'Admit',
  fields: [...place, ['bytes32', 'circle'], ['bytes32', 'keeper'], ['bytes32', 'reader'], ...once],
} as const satisfies Struct;

/** `reader` is out: `by` the keeper until let in again, `by` the patient for good. */
export const dismiss = {
  name: 'Dismiss',
  fields: [...place, ['bytes32', 'circle'], ['bytes32', 'by'], ['bytes32', 'reader'], ...once],
} as const satisfies Struct;

export const replaceCircleKey = {
  name: 'ReplaceCircleKey',
  fields: [...place, ['bytes32', 'circle'], ['bytes32', 'by'], ['bytes32', 'keyHash'], ...once],
} as const satisfies Struct;

export const endCircle = {
  name: 'EndCircle',
  fields: [...place, ['bytes32', 'circle'], ['bytes32', 'patient'], ['uint64', 'deadline']],
} as const satisfies Struct;

/**
 * `reader` is an account, a role of `Members`, or a circle of `Circles`. What `rollingDays` (0: no bound) and the four fields of hours mean is
 * in Rolling.ts and Hours.ts; `emergency` grants are for break-glass.
 */
export const grant = {
  name: 'Grant',
  fields: [
    ...place,
    ['bytes32', 'grantId'],
    ['bytes32', 'patient'],
    ['bytes32', 'reader'],
    ['bytes32[]', 'streams'],
    ['int32', 'firstDay'],
    ['int32', 'lastDay'],
    ['uint16', 'rollingDays'],
    ['uint64', 'notBefore'],
    ['uint64', 'expiresAt'],
    ['uint8', 'weekdays'],
    ['uint16', 'fromMinute'],
    ['uint16', 'toMinute'],
    ['int16', 'offsetMinutes'],
    ['bytes32', 'purpose'],
    ['uint32', 'maxUses'],
    ['bool', 'emergency'],
    ['bytes32', 'nodesHash'],
    ['uint64', 'deadline'],
  ],
} as const satisfies Struct;

export const revoke = {
  name: 'Revoke',
  fields: [...place, ['bytes32', 'grantId'], ['bytes32', 'patient'], ['uint64', 'deadline']],
} as const satisfies Struct;

/** `reader` is a person's account, under a role's or a circle's grant too. `statement` is zero but under an emergency grant. */
export const request = {
  name: 'Request',
  fields: [
    ...place,
    ['bytes32', 'grantId'],
    ['bytes32', 'patient'],
    ['bytes32', 'reader'],
    ['bytes32[]', 'streams'],
    ['int32', 'firstDay'],
    ['int32', 'lastDay'],
    ['bytes32', 'purpose'],
    ['bytes32', 'oneTimeKeyHash'],
    ['bytes32', 'statement'],
    ...once,
  ],
} as const satisfies Struct;

/** The patient's word on an emergency: `outcome` 1 justified, 2 not. `noteHash` is zero where there is no note. */
export const close = {
  name: 'Close',
  fields: [
    ...place,
    ['bytes32', 'requestId'],
    ['bytes32', 'patient'],
    ['uint8', 'outcome'],
    ['bytes32', 'noteHash'],
    ...once,
  ],
} as const satisfies Struct;

/**
 * Makes data unreadable for ever: `streams` are codes under the scope document's salt, none of them means all, and
 * then the days are all days too. `scopeHash` is the SHA-256 of that document (`Erasure.Scope`).
 */
export const erase = {
  name: 'Erase',
  fields: [
    ...place,
    ['bytes32', 'erasureId'],
    ['bytes32', 'account'],
    ['bytes32[]', 'streams'],
    ['int32', 'firstDay'],
    ['int32', 'lastDay'],
    ['bytes32', 'scopeHash'],
    ...once,
  ],
} as const satisfies Struct;

/** A custodian's word to the contract that it has erased: `receiptHash` is the SHA-256 of its signed receipt. */
export const confirm = {
  name: 'Confirm',
  fields: [
    ...place,
    ['bytes32', 'erasureId'],
    ['uint8', 'custodian'],
    ['bytes32', 'receiptHash'],
    ['uint64', 'deadline'],
  ],
} as const satisfies Struct;

/**
 * The wallet's word on a document kept off chain (key bundles, enrolment, questions to a custodian): `kind` is
 * the keccak-256 of the document's name, `hash` its SHA-256, `version` grows so that an old one cannot return.
 */
export const statement = {
  name: 'Statement',
  fields: [...place, ['bytes32', 'account'], ['bytes32', 'kind'], ['bytes32', 'hash'], ['uint64', 'version']],
} as const satisfies Struct;

type FieldValue<T> = T extends 'bytes32[]'
  ? Uint8Array[]
  : T extends 'address' | 'bytes32' | 'bytes'
    ? Uint8Array
    : T extends 'bool'
      ? boolean
      : T extends 'uint256'
        ? bigint
        : number;

/** The message type of a struct: ids and keys as bytes, days and seconds as numbers, nonces as bigint. */
export type Of<S extends Struct> = { [F in S['fields'][number] as F[1]]: FieldValue<F[0]> };

export type Register = Of<typeof register>;
export type AuthoriseGateway = Of<typeof authoriseGateway>;
export type AddSigner = Of<typeof addSigner>;
export type RemoveSigner = Of<typeof removeSigner>;
export type ReplaceEncryptionKey = Of<typeof replaceEncryptionKey>;
export type SetGuardians = Of<typeof setGuardians>;
export type Approve = Of<typeof approve>;
export type WithdrawApproval = Of<typeof withdrawApproval>;
export type Objection = Of<typeof object>;
export type OpenCircle = Of<typeof openCircle>;
export type Admit = Of<typeof admit>;
export type Dismiss = Of<typeof dismiss>;
export type ReplaceCircleKey = Of<typeof replaceCircleKey>;
export type EndCircle = Of<typeof endCircle>;
export type Grant = Of<typeof grant>;
export type Revoke = Of<typeof revoke>;
export type Request = Of<typeof request>;
export type Erase = Of<typeof erase>;
export type Confirm = Of<typeof confirm>;
export type Close = Of<typeof close>;
export type Statement = Of<typeof statement>;

/**
 * A message with who signed it: `signer` in ERC-7913 form, a 20-byte address for a secp256k1 key, or the address of a
 * verifier contract ‖ x ‖ y of a P-256 key.
 */
export type Signed<M> = { message: M; signer: Uint8Array; signature: Uint8Array };

/** The verifier contracts of a deployment, 20 bytes each. A signer of any other verifier is never believed. */
export type Verifiers = { p256: Uint8Array; webAuthn: Uint8Array };

type AnyMessage = Readonly<Record<string, Value>>;
const domainOf = (m: { chain: bigint; target: Uint8Array }): Domain => ({
  chainId: m.chain,
  contract: m.target,
});

/** The 32 bytes a wallet signs, in the domain that the message itself names. */
export const digestOf = <M extends { chain: bigint; target: Uint8Array }>(
  struct: Struct,
  message: M,
): Uint8Array => digest(struct, message as unknown as AnyMessage, domainOf(message));

export const structHashOf = <M>(struct: Struct, message: M): Uint8Array =>
  structHash(struct, message as unknown as AnyMessage);

/** Signs with a secp256k1 key. */
export function sign<M extends { chain: bigint; target: Uint8Array }>(
  struct: Struct,
  message: M,
  key: Uint8Array,
): Signed<M> {
  return {
    message,
    signer: Secp256k1.addressOf(key),
    signature: Secp256k1.sign(digestOf(struct, message), key),
  };
}

/** Signs with a raw P-256 key, which the chain checks through the verifier contract at that 20-byte address. */
export function signP256<M extends { chain: bigint; target: Uint8Array }>(
  struct: Struct,
  message: M,
  key: Uint8Array,
  verifier: Uint8Array,
): Signed<M> {
  return {
    message,
    signer: concat(verifier, P256.publicKeyOf(key)),
    signature: P256.sign(digestOf(struct, message), key),
  };
}

/**
 * Whether `signed.signer` signed it. Which account that signer speaks for is for the caller to know. Without
 * `verifiers`, only secp256k1 keys are believed: what kind a key is never follows from its length.
 */
export function verify<M extends { chain: bigint; target: Uint8Array }>(
  struct: Struct,
  signed: Signed<M>,
  verifiers?: Verifiers,
): boolean {
  const { signer, signature, message } = signed;
  if (signer.length === 20) {
    const recovered = Secp256k1.recover(digestOf(struct, message), signature);
    return recovered !== undefined && equal(recovered, signer);
  }
  if (!verifiers || signer.length !== 84) return false;
  const [verifier, key] = [signer.slice(0, 20), signer.slice(20)];
  // As the contract does, which reads 64 bytes and no further.
  if (equal(verifier, verifiers.p256))
    return P256.verify(digestOf(struct, message), signature.slice(0, 64), key);
  return equal(verifier, verifiers.webAuthn) && WebAuthn.verify(digestOf(struct, message), signature, key);
}
