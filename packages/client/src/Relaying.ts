// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Struct } from '@islet/core/crypto/typedData';
import type { Of, Signed } from '@islet/core/Message';
import { encodeSigned } from '@islet/core/signed';
import { encodeRelay, type RelayAnswer, type Relayed } from '@islet/core/wire/Relay';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import * as Signing from './Signing.js';
import type { Wallet } from './Wallet.js';

type Along = { grant?: Uint8Array; keys?: Uint8Array };
type Done<S extends Struct> = { signed: Signed<Of<S>>; bytes: Uint8Array; answer: RelayAnswer };

/** Signs a message and has a member's relay put it on chain. The answer is the relay's word; the chain has the truth. */
export const relay = <S extends Struct>(
  network: Network,
  wallet: Wallet,
  struct: S,
  message: Of<S>,
  along: Along = {},
): Promise<Done<S>> => relaySigned(network, struct, Signing.sign(network, wallet, struct, message), along);

/** The same for what was signed before, or elsewhere: by a passkey. */
export async function relaySigned<S extends Struct>(
  network: Network,
  struct: S,
  signed: Signed<Of<S>>,
  along: Along = {},
): Promise<Done<S>> {
  const bytes = encodeSigned(struct, signed);
  return { signed, bytes, answer: await send(network, struct.name as Relayed, bytes, along) };
}

/** Finishes a recovery, which nobody signs: any approval of the attempt says which. */
export const relayFinish = (network: Network, approval: Uint8Array): Promise<RelayAnswer> =>
  send(network, 'FinishRecovery', approval, {});

async function send(network: Network, kind: Relayed, signed: Uint8Array, along: Along): Promise<RelayAnswer> {
  const body = encodeRelay({ kind, signed, grant: along.grant ?? null, keys: along.keys ?? null });
  return Http.json(await Http.post(network.hub, '/v1/relay', body), network.hub.name) as RelayAnswer;
}
