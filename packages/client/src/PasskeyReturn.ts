// Copyright the Islet authors. AGPL-3.0-or-later.
// Coming back with nothing but a passkey: it opens what the hub keeps for it, and lets the new device in.
import { verifiersOf } from '@islet/chain/Verifiers';
import { toHex } from '@islet/core/crypto/bytes';
import type * as WebAuthn from '@islet/core/crypto/webAuthn';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as PasskeyBackup from '@islet/core/PasskeyBackup';
import type { Network } from './Network.js';
import * as Papers from './Papers.js';
import * as Passkeys from './Passkeys.js';
import { relaySigned } from './Relaying.js';
import * as Signers from './Signers.js';
import * as Signing from './Signing.js';
import type * as Wallet from './Wallet.js';

/**
 * The passkey that said this, by the account's signers as the chain has them. Throws `PASSKEY_UNKNOWN_ACCOUNT`,
 * `PASSKEY_ENDED` where it was removed, `PASSKEY_NOT_A_SIGNER` where it never was one.
 */
export function recognise(
  { chain, deployment }: Pick<Network, 'deployment' | 'chain'>,
  account: Uint8Array,
  said: Passkeys.Said,
): Uint8Array {
  const known = chain.state.accounts.get(toHex(account));
  if (!known) throw new UnknownAccountError();
  const among = (signers: Iterable<string>): Uint8Array | undefined =>
    [...signers]
      .map((signer) => Passkeys.passkeyIn({ deployment }, signer))
      .find((passkey) => passkey && Passkeys.isSaidBy(passkey, said));
  const passkey = among(known.signers);
  if (passkey) return passkey;
  throw among(known.formerSigners) ? new EndedError() : new NotASignerError();
}

/**
 * The person's keys for reading, as the hub kept them for this passkey. Throws `PASSKEY_NO_BACKUP`,
 * `PASSKEY_BACKUP_ALTERED`, and `PASSKEY_BACKUP_OLD` where the account has another encryption key by now.
 */
export async function open(
  network: Network,
  account: Uint8Array,
  passkey: Uint8Array,
  output: Uint8Array,
): Promise<PasskeyBackup.Secret> {
  const place = { account, passkey };
  const papers = await Papers.under(network, PasskeyBackup.placeOf(place));
  if (papers.length === 0) throw new NoBackupError();
  const opened = Passkeys.statedIn(papers, place)
    .map(({ document, backup }) => ({
      version: document.signed.message.version,
      keyHash: toHex(backup.keyHash),
      secret: PasskeyBackup.open(backup, output),
    }))
    .filter(({ secret }) => secret !== undefined);
  if (opened.length === 0) throw new AlteredError();
  // Stops: a hub that brings an old one back, with a key that a hand-over has replaced.
  const now = network.chain.state.accounts.get(toHex(account))?.encryptionKeyHash;
  const [newest] = opened.filter(({ keyHash }) => keyHash === now).sort((a, b) => b.version - a.version);
  if (!newest) throw new OldError();
  return newest.secret!;
}

/** What a passkey signs to let a further signer in, and its digest: the challenge to ask it with. */
export function admission(
  network: Network,
  account: Uint8Array,
  signer: Uint8Array,
): { message: Message.AddSigner; digest: Uint8Array } {
  const message = Signers.changeOf(network, { account } as Wallet.Wallet, signer);
  return { message, digest: Message.digestOf(Message.addSigner, message) };
}

/**
 * Lets in whom the passkey signed for: on chain, and with every custodian. Returns the signed message too, for custodians
 * that were away. Throws `PASSKEY_BAD_ANSWER` where it signed something else, or without verifying its person.
 */
export async function admit(
  network: Network,
  passkey: Uint8Array,
  message: Message.AddSigner,
  assertion: WebAuthn.Assertion,
): Promise<Signers.Told & { added: Uint8Array }> {
  const answer = async (): Promise<WebAuthn.Assertion> => assertion;
  const signed = await Signing.signWithPasskey(network, passkey, answer, Message.addSigner, message);
  if (!signed || !Message.verify(Message.addSigner, signed, verifiersOf(network.deployment)))
    throw new Passkeys.BadAnswerError();
  const { bytes } = await relaySigned(network, Message.addSigner, signed);
  return { ...(await Signers.tellAll(network, '/v1/add-signer', bytes)), added: bytes };
}

const otherWays = 'Come back with your recovery kit, your guardians, or a device that you still have.';

export class UnknownAccountError extends IsletError {
  override readonly name = 'PasskeyReturn.UnknownAccountError';
  constructor() {
    super(
      'PASSKEY_UNKNOWN_ACCOUNT',
      'This installation knows no account of this passkey. Go to the address where the account was made.',
    );
  }
}

export class EndedError extends IsletError {
  override readonly name = 'PasskeyReturn.EndedError';
  constructor() {
    super('PASSKEY_ENDED', `This passkey was removed from the account and brings nothing back. ${otherWays}`);
  }
}

export class NotASignerError extends IsletError {
  override readonly name = 'PasskeyReturn.NotASignerError';
  constructor() {
    super('PASSKEY_NOT_A_SIGNER', `This passkey does not speak for the account that it names. ${otherWays}`);
  }
}

export class NoBackupError extends IsletError {
  override readonly name = 'PasskeyReturn.NoBackupError';
  constructor() {
    super(
      'PASSKEY_NO_BACKUP',
      `This passkey speaks for the account, but the hub keeps no keys for it. Nothing was changed. ${otherWays}`,
    );
  }
}

export class AlteredError extends IsletError {
  override readonly name = 'PasskeyReturn.AlteredError';
  constructor() {
    super(
      'PASSKEY_BACKUP_ALTERED',
      `What the hub keeps for this passkey does not open with it: it was altered, or is another’s. Nothing was changed. ${otherWays}`,
    );
  }
}

export class OldError extends IsletError {
  override readonly name = 'PasskeyReturn.OldError';
  constructor() {
    super(
      'PASSKEY_BACKUP_OLD',
      `What the hub keeps for this passkey holds keys of before. Nothing was changed. ${otherWays}`,
    );
  }
}
