// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import { parseList } from '@islet/core/wire/Ask';
import * as Http from './Http.js';
import type { Network } from './Network.js';

/** The sealed papers that hubs keep under an id, in no order; none where they keep none. Throws `FORMAT_MALFORMED`. */
export async function under(network: Network, id: Uint8Array): Promise<Uint8Array[]> {
  const path = `/v1/papers/${toHex(id)}`;
  const found = parseList('islet/papers', await Http.get(network.hub, path));
  for (const service of network.others ?? []) {
    // What the first has is not to be lost with one of before that is away.
    const more = await Http.get(service, path).catch(() => undefined);
    if (more) found.push(...parseList('islet/papers', more));
  }
  return [...new Map(found.map((paper) => [toHex(paper), paper])).values()];
}
