// Copyright the Islet authors. AGPL-3.0-or-later.
// A person's own passkeys that speak for their account and bring it back.
import * as Passkeys from '@islet/client/Passkeys';
import { equal, utf8 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as PasskeyBackup from '@islet/core/PasskeyBackup';
import type { Made, Said } from '../AccountPasskey.js';
import * as Code from './Code.js';
import { random } from './Connection.js';
import * as Session from './Session.js';

/** What a passkey's PRF is asked with. */
export const passkeyInput = async (): Promise<Uint8Array> => PasskeyBackup.prfInput();

/** What a new passkey is to be made with: whose it is, and letters by which people tell their accounts apart. */
export async function passkeyToMake(): Promise<{ handle: Uint8Array; letters: string; input: Uint8Array }> {
  const { account } = Session.person().keeper.wallet;
  const letters = Code.ofAccount(account).slice(0, 4);
  return { handle: Passkeys.handleOf(account, random), letters, input: await passkeyInput() };
}

/** `kept`: whether it can bring the account back, or only speak for it. */
export type Added = { told: number; of: number; kept: boolean };

/** Lets a passkey speak for the account and bring it back. Throws `PASSKEY_BAD_ANSWER`. */
export async function addPasskey({ publicKey, said, output }: Made): Promise<Added> {
  const { network, vault, keep } = await Session.need();
  requireHere(said);
  await network.chain.follow();
  const { told, of } = await Passkeys.add(network, vault.keeper, publicKey, said);
  if (!output) return { told, of, kept: false };
  await Passkeys.keep(network, vault.keeper, publicKey, output);
  vault.keeper.notes.comesBack = 'passkey';
  await keep(vault.keeper);
  return { told, of, kept: true };
}

/** The person does not want one, or not now: they are not asked again. */
export async function skipPasskey(): Promise<void> {
  Session.person().keeper.notes.comesBack = 'skipped';
  await Session.save();
}

/** Stops: what a passkey of another site said, brought here. A passkey signs for its own site alone, and says for which. */
export function requireHere({ assertion }: Said): void {
  const { origin } = JSON.parse(new TextDecoder().decode(assertion.clientDataJSON)) as { origin?: string };
  const site = sha256(utf8(location.hostname));
  if (origin !== location.origin || !equal(assertion.authenticatorData.slice(0, 32), site))
    throw new Passkeys.BadAnswerError();
}
