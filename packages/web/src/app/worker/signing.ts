// Copyright the Islet authors. AGPL-3.0-or-later.
// The devices that sign for a person.
import * as Handover from '@islet/client/Handover';
import * as Passkeys from '@islet/client/Passkeys';
import * as Signers from '@islet/client/Signers';
import * as Signing from '@islet/client/Signing';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as AskedWords from './AskedWords.js';
import * as Handed from './Handed.js';
import * as Session from './Session.js';

export type SignerLine = {
  id: string;
  own: boolean;
  /** UTC ms. */
  addedAt: number | null;
  /** Of a passkey: whether it brings the account back, or null where the hub did not say. */
  passkey: { bringsBack: boolean | null } | null;
};

export async function signers(): Promise<SignerLine[]> {
  const { network, vault } = await Session.need();
  const { wallet } = vault.keeper;
  const own = toHex(Signing.signerOf(network, wallet));
  const all = await Signers.list(network, wallet.account);
  const account = network.chain.state.accounts.get(toHex(wallet.account));
  const lines = all.map(async (id): Promise<SignerLine> => {
    const key = Passkeys.passkeyIn(network, id);
    const kept = key && (await Passkeys.isKept(network, wallet.account, key).catch(() => null));
    const passkey = kept === undefined ? null : { bringsBack: kept };
    return { id, own: id === own, addedAt: account?.addedAt.get(id) ?? null, passkey };
  });
  return (await Promise.all(lines)).sort((a, b) => Number(b.own) - Number(a.own) || (a.id < b.id ? -1 : 1));
}

/** Lets a device in whose words were compared, and gives the keys for it: they are of use to it alone. */
export async function letIn(asked: {
  text: string;
  words: string;
}): Promise<{ text: string; bytes: Uint8Array; told: number; of: number }> {
  const { network, vault } = await Session.need();
  const request = AskedWords.read(asked.text, asked.words);
  // Sealed first: where that fails, nobody was let in.
  const bytes = await Signers.hand(network, vault.keeper, request);
  const { told, of } = await Signers.add(network, vault.keeper.wallet, request.signer);
  return { text: Handed.textOf(bytes), bytes, told, of };
}

/** Lets the young person's own device in, and seals the account to it: once it has taken over, ours can do nothing any more. */
export async function handOver(asked: {
  text: string;
  words: string;
}): Promise<{ text: string; bytes: Uint8Array; told: number; of: number }> {
  const { network, vault } = await Session.need();
  const request = AskedWords.read(asked.text, asked.words);
  const { parcel, told, of } = await Handover.give(network, vault.keeper, request);
  return { text: Handed.textOf(parcel), bytes: parcel, told, of };
}

export async function removeSigner(asked: { id: string }): Promise<{ told: number; of: number }> {
  const { network, vault } = await Session.need();
  const told = await Signers.remove(network, vault.keeper.wallet, fromHex(asked.id));
  const { notes } = vault.keeper;
  const left = (await signers()).some(({ passkey }) => passkey?.bringsBack);
  if (!left && notes.comesBack === 'passkey') {
    delete notes.comesBack;
    await Session.save();
  }
  return told;
}
