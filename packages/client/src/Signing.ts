// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, fromHex } from '@islet/core/crypto/bytes';
import * as P256 from '@islet/core/crypto/p256';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import type { Struct } from '@islet/core/crypto/typedData';
import * as WebAuthn from '@islet/core/crypto/webAuthn';
import * as Message from '@islet/core/Message';
import type { Network } from './Network.js';
import type { Wallet } from './Wallet.js';

type Place = Pick<Network, 'deployment'>;
type Anything = { chain: bigint; target: Uint8Array };

/** What signs with this wallet, in ERC-7913 form. */
export const signerOf = ({ deployment }: Place, { signerKey, signerKind }: Wallet): Uint8Array =>
  signerKind === 'p256'
    ? concat(fromHex(deployment.p256Verifier), P256.publicKeyOf(signerKey))
    : Secp256k1.addressOf(signerKey);

/** Signs with the wallet's own key. */
export function sign<S extends Struct>(
  { deployment }: Place,
  { signerKey, signerKind }: Wallet,
  struct: S,
  message: Message.Of<S>,
): Message.Signed<Message.Of<S>> {
  const m = message as Message.Of<S> & Anything;
  return signerKind === 'p256'
    ? Message.signP256(struct, m, signerKey, fromHex(deployment.p256Verifier))
    : Message.sign(struct, m, signerKey);
}

/** A passkey's public key: x ‖ y, 64 bytes. */
export const passkeySigner = ({ deployment }: Place, publicKey: Uint8Array): Uint8Array =>
  concat(fromHex(deployment.webAuthnVerifier), publicKey);

/**
 * What a passkey signed, for `relaySigned`: `assert` asks it with the message's digest as the challenge (user
 * verification required). Undefined where it answered something else.
 */
export async function signWithPasskey<S extends Struct>(
  network: Place,
  publicKey: Uint8Array,
  assert: (digest: Uint8Array) => Promise<WebAuthn.Assertion>,
  struct: S,
  message: Message.Of<S>,
): Promise<Message.Signed<Message.Of<S>> | undefined> {
  const digest = Message.digestOf(struct, message as Message.Of<S> & Anything);
  const signature = WebAuthn.encode(await assert(digest), digest);
  return signature && { message, signer: passkeySigner(network, publicKey), signature };
}
