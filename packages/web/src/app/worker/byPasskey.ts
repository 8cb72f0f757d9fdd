// Copyright the Islet authors. AGPL-3.0-or-later.
// An account comes to a browser that has nothing of it, by a passkey alone.
import type { Mark } from '@islet/chain/Follower';
import type { Network } from '@islet/client/Network';
import * as Pairing from '@islet/client/Pairing';
import * as PasskeyReturn from '@islet/client/PasskeyReturn';
import * as Passkeys from '@islet/client/Passkeys';
import type { Keep, Progress } from '@islet/client/Person';
import * as Signing from '@islet/client/Signing';
import * as Wallet from '@islet/client/Wallet';
import { toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type * as Message from '@islet/core/Message';
import type { Found, Said } from '../AccountPasskey.js';
import * as Code from './Code.js';
import * as Connection from './Connection.js';
import { NothingPendingError } from './NothingPendingError.js';
import { passkeyInput, requireHere } from './passkeys.js';
import * as Session from './Session.js';
import * as Vault from './Vault.js';

const { random } = Connection;

/** Who was found, until the passkey lets this browser in: kept here alone, and nowhere if the page is closed. */
let coming:
  | { keeper: Vault.Keeper; way: Vault.Way; passkey: Uint8Array; message: Message.AddSigner }
  | undefined;

export type Coming = { name: string; code: string; digest: Uint8Array };

/** Opens what the hub keeps for a passkey. Nothing changes yet. Throws what `PasskeyReturn` throws. */
export async function comeByPasskey(found: Found, onProgress: Progress): Promise<Coming> {
  coming = undefined;
  const account = Passkeys.accountIn(found.handle);
  requireHere(found.said);
  onProgress('following', 0, 1);
  const network = await Connection.open(await Connection.config(), inMemory);
  await network.chain.follow();
  const passkey = PasskeyReturn.recognise(network, account, found.said);
  // One whose keeper lacks PRF speaks for the account, and was given nothing to open.
  if (!found.output) throw new PasskeyReturn.NoBackupError();
  const secret = await PasskeyReturn.open(network, account, passkey, found.output);
  const { role, dayOffsetMinutes, formerEncryptionSeeds: former, name, ...seeds } = secret;
  const wallet: Wallet.Wallet = {
    ...Wallet.create(name, random),
    ...{ account, ...seeds },
    ...(former.length > 0 && { formerEncryptionSeeds: former }),
  };
  const { message, digest } = PasskeyReturn.admission(network, account, Signing.signerOf(network, wallet));
  const { credential, output, lock } = found;
  coming = {
    keeper: {
      wallet,
      notes: { role, enrolled: true, hasData: true, dayOffsetMinutes, comesBack: 'passkey' },
    },
    way: { kind: 'passkey', credential, ...(lock ?? { input: await passkeyInput(), output }) },
    ...{ passkey, message },
  };
  return { name, code: Code.ofAccount(account), digest };
}

/** The passkey has signed: this browser is one of the person's from now on. Throws `PASSKEY_BAD_ANSWER`, and what the chain says. */
export async function arriveByPasskey(
  asked: { assertion: Said['assertion'] },
  onProgress: Progress,
): Promise<Session.Who> {
  if (!coming) throw new NothingPendingError();
  const { keeper, way, passkey, message } = coming;
  onProgress('recovering', 0, 1);
  const kept = await Session.storage();
  // Durable before anybody is told: else a key would speak for the account that nobody has.
  const vault = await Vault.create(kept, keeper, way, random);
  try {
    const { network, keep } = await Session.begin(vault, onProgress);
    const { told, of, added } = await PasskeyReturn.admit(network, passkey, message, asked.assertion);
    if (told < of) keeper.notes.letInBy = toHex(added);
    await network.chain.follow();
    await keep(keeper);
    if (keeper.notes.role === 'patient') await pair(network, keeper, keep);
  } catch (error) {
    await kept.removeVault(vault.id);
    await kept.removeParts(`${vault.id}/`);
    Session.end();
    throw error;
  }
  coming = undefined;
  return Session.whoOf(vault);
}

/**
 * Now, while the list of their apps is signed by one who still speaks for them: once the lost device is removed, a list of
 * its own would count no more, and the apps with it.
 */
async function pair(network: Network, keeper: Vault.Keeper, keep: Keep): Promise<void> {
  await Pairing.pair(network, keeper, keep, 'browser', 'write').catch((error) => {
    // Their gateway may be away for long; adding data pairs too.
    if (!(error instanceof IsletError)) throw error;
  });
}

/** A view of the chain that is kept nowhere. */
async function inMemory() {
  let mark: Mark | null = null;
  return {
    load: async () => mark,
    async save(next: Mark) {
      mark = next;
    },
  };
}
