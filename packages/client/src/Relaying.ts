// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Struct } from '@islet/core/crypto/typedData';
import { type Of, type Signed, sign } from '@islet/core/Message';
import { encodeSigned } from '@islet/core/signed';
import { encodeRelay, type RelayAnswer, type Relayed } from '@islet/core/wire/Relay';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Wallet } from './Wallet.js';

/** Signs a message and has a member's relay put it on chain. The answer is the relay's word; the chain has the truth. */
export async function relay<S extends Struct>(
  network: Network,
  wallet: Wallet,
  struct: S,
  message: Of<S>,
  along: { grant?: Uint8Array; keys?: Uint8Array } = {},
): Promise<{ signed: Signed<Of<S>>; bytes: Uint8Array; answer: RelayAnswer }> {
  const signed = sign(
    struct,
    message as Of<S> & { chain: bigint; target: Uint8Array },
    wallet.signerKey,
  ) as Signed<Of<S>>;
  const bytes = encodeSigned(struct, signed);
  const body = encodeRelay({
    kind: struct.name as Relayed,
    signed: bytes,
    grant: along.grant ?? null,
    keys: along.keys ?? null,
  });
  const answer = Http.json(await Http.post(network.hub, '/v1/relay', body), network.hub.name) as RelayAnswer;
  return { signed, bytes, answer };
}
