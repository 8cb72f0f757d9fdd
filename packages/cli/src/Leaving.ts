// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Guarding from '@islet/client/Guarding';
import type { Network } from '@islet/client/Network';
import * as Signers from '@islet/client/Signers';
import * as Signing from '@islet/client/Signing';
import { equal, toHex } from '@islet/core/crypto/bytes';
import type * as Home from './Home.js';
import * as People from './People.js';

/**
 * Deletes what this folder has of an account that others speak for now: wallets whose signers ended, with their notes, and
 * shares of its seeds that were dealt before its guardians were named anew. Returns the names of those deleted.
 */
export async function leaveAll(home: Home.Home, network: Network, account: Uint8Array): Promise<string[]> {
  const signers = await Signers.list(network, account);
  const left: string[] = [];
  for (const name of await People.names(home)) {
    const person = await People.need(home, name);
    if (!equal(person.wallet.account, account)) await dropCharge(home, network, person, account);
    else if (!signers.includes(toHex(Signing.signerOf(network, person.wallet)))) {
      await People.remove(home, name);
      left.push(name);
    }
  }
  return left;
}

async function dropCharge(
  home: Home.Home,
  network: Network,
  person: People.Person,
  account: Uint8Array,
): Promise<void> {
  const id = toHex(account);
  if (!person.notes.charges?.[id] || Guarding.isGuardian(network.chain.state, person, account)) return;
  const { [id]: _, ...rest } = person.notes.charges;
  await People.rewrite(home, { ...person, notes: { ...person.notes, charges: rest } });
}
