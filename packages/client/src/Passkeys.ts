// Copyright the Islet authors. AGPL-3.0-or-later.
// Passkeys that speak for an account, and what they need to bring it back.
import { hereOf, verifiersOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { concat, equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as WebAuthn from '@islet/core/crypto/webAuthn';
import { IsletError } from '@islet/core/IsletError';
import * as PasskeyBackup from '@islet/core/PasskeyBackup';
import * as Stated from '@islet/core/wire/Stated';
import * as Account from './Account.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import * as Papers from './Papers.js';
import type { Person } from './Person.js';
import * as Signers from './Signers.js';
import * as Signing from './Signing.js';

type Place = Pick<Network, 'deployment'>;

/** What a passkey said when it was asked: its answer, and what it was asked with. */
export type Said = { challenge: Uint8Array; assertion: WebAuthn.Assertion };

/** The user handle of a passkey that can come back: which account it is of, and bytes that keep two of them apart. */
const [handleVersion, handleBytes] = [1, 1 + 32 + 16];

export const handleOf = (account: Uint8Array, random: (length: number) => Uint8Array): Uint8Array =>
  concat(new Uint8Array([handleVersion]), account, random(16));

/** The account that a user handle names. Throws `PASSKEY_NO_ACCOUNT`: a passkey that only unlocks a browser has another. */
export function accountIn(handle: Uint8Array): Uint8Array {
  if (handle.length !== handleBytes || handle[0] !== handleVersion) throw new NoAccountError();
  return handle.slice(1, 33);
}

/** The P-256 key of a signer that is a passkey, x ‖ y; undefined for every other signer. */
export function passkeyIn({ deployment }: Place, signer: string): Uint8Array | undefined {
  const { webAuthn } = verifiersOf(deployment);
  const bytes = fromHex(signer);
  return bytes.length === 84 && equal(bytes.slice(0, 20), webAuthn) ? bytes.slice(20) : undefined;
}

/** Whether a passkey said just that, with its person verified. */
export function isSaidBy(passkey: Uint8Array, { challenge, assertion }: Said): boolean {
  const signature = WebAuthn.encode(assertion, challenge);
  return signature !== undefined && WebAuthn.verify(challenge, signature, passkey);
}

/**
 * Lets a passkey speak for the account, once it has shown that it can: on chain, and with every custodian. Throws
 * `PASSKEY_BAD_ANSWER`.
 */
export async function add(
  network: Network,
  { wallet }: Person,
  passkey: Uint8Array,
  said: Said,
): Promise<Signers.Told> {
  // Stops: a key that was said to be the passkey's, and a passkey that signs without its person.
  if (!isSaidBy(passkey, said)) throw new BadAnswerError();
  const told = await Signers.add(network, wallet, Signing.passkeySigner(network, passkey));
  await network.chain.follow();
  return told;
}

/**
 * Has the hub keep what the passkey needs to bring the account back. `output` is what its PRF gave for `prfInput`. From
 * then on where days start is settled, which the caller makes durable.
 */
export async function keep(
  network: Network,
  { wallet, notes }: Person,
  passkey: Uint8Array,
  output: Uint8Array,
): Promise<void> {
  const { account, name, generation, rootSeed, encryptionSeed, formerEncryptionSeeds = [] } = wallet;
  const { role, dayOffsetMinutes = 0 } = notes;
  const secret = {
    role,
    name,
    dayOffsetMinutes,
    generation,
    rootSeed,
    encryptionSeed,
    formerEncryptionSeeds,
  };
  const backup = PasskeyBackup.seal({ account, passkey }, secret, output, network.random);
  const bytes = PasskeyBackup.encodePasskeyBackup(backup);
  await Http.put(network.hub, '/v1/backups', Account.state(network, wallet, 'passkeyBackup', bytes));
  notes.dayOffsetKept = true;
}

/** Whether the hub has what this passkey needs, as the person stated it and with the key of now. */
export async function isKept(network: Network, account: Uint8Array, passkey: Uint8Array): Promise<boolean> {
  const { deployment, chain } = network;
  const place = { account, passkey };
  const papers = await Papers.under(network, PasskeyBackup.placeOf(place));
  const now = chain.state.accounts.get(toHex(account))?.encryptionKeyHash;
  return statedIn(papers, place).some(
    ({ document, backup }) =>
      Stated.isDocument(document, 'passkeyBackup', hereOf(deployment)) &&
      // The device that stated it may be gone by now.
      View.spokeFor(chain.state, account, document.signed.signer) &&
      toHex(backup.keyHash) === now,
  );
}

/** What among papers is a backup for that passkey, and the word on it. */
export const statedIn = (papers: Uint8Array[], place: PasskeyBackup.Place) =>
  papers.flatMap((paper) => {
    try {
      const document = Stated.parseDocument(paper);
      const backup = PasskeyBackup.parsePasskeyBackup(document.bytes);
      // Stops: another account's, served in its place.
      const fits = equal(backup.account, place.account) && equal(backup.passkey, place.passkey);
      return fits ? [{ document, backup }] : [];
    } catch (error) {
      if (error instanceof IsletError) return [];
      throw error;
    }
  });

export class NoAccountError extends IsletError {
  override readonly name = 'Passkeys.NoAccountError';
  constructor() {
    super(
      'PASSKEY_NO_ACCOUNT',
      'This passkey only unlocks a browser that knows its person; it brings no account back. Choose another, or come back in another way.',
    );
  }
}

export class BadAnswerError extends IsletError {
  override readonly name = 'Passkeys.BadAnswerError';
  constructor() {
    super(
      'PASSKEY_BAD_ANSWER',
      'The passkey did not sign what it was asked for, or did not verify its person. Nothing was changed. Try again.',
    );
  }
}
