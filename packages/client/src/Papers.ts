// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import { parseList } from '@islet/core/wire/Ask';
import * as Http from './Http.js';
import type { Network } from './Network.js';

/** The sealed papers that a hub keeps under an id, in no order; none where it keeps none. Throws `FORMAT_MALFORMED`. */
export async function under(network: Network, id: Uint8Array): Promise<Uint8Array[]> {
  return parseList('islet/papers', await Http.get(network.hub, `/v1/papers/${toHex(id)}`));
}
