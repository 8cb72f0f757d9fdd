// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Abi from '@islet/chain/Abi';
import { reviewsAbi } from '@islet/chain/abi/Reviews';
import type { Sender } from '@islet/chain/Sender';
import * as Message from '@islet/core/Message';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import { relay } from './Relaying.js';
import type { Wallet } from './Wallet.js';

const outcomeOf = (justified: boolean): number => (justified ? 1 : 2);
const noNote = new Uint8Array(32);

/** The patient's word on an emergency look at their data: once, for ever. */
export async function asPatient(
  network: Network,
  wallet: Wallet,
  requestId: Uint8Array,
  verdict: { justified: boolean },
): Promise<void> {
  await relay(network, wallet, Message.close, {
    ...placeOf(network, 'reviews'),
    requestId,
    patient: wallet.account,
    outcome: outcomeOf(verdict.justified),
    noteHash: noNote,
    nonce: nonce(network),
    deadline: deadline(network),
  });
}

/** The word of an organisation other than the reader's own, by its admin. */
export async function asMember(
  network: Network,
  sender: Sender,
  requestId: Uint8Array,
  verdict: { justified: boolean },
): Promise<void> {
  const call = { requestId, outcome: BigInt(outcomeOf(verdict.justified)), noteHash: noNote };
  await sender.send({
    to: network.deployment.reviews,
    data: Abi.encodeCall(reviewsAbi, 'closeAsMember', call),
  });
}
