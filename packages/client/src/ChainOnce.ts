// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import * as Followed from '@islet/chain/Followed';
import type { Mark } from '@islet/chain/Follower';
import * as Rpc from '@islet/chain/Rpc';
import type { View } from '@islet/chain/View';
import { fromHex } from '@islet/core/crypto/bytes';

export type Place = { deployment: Deployment; validators: string[] };

/** Follows the chain behind an address from its first block, believing only its validators, and keeps nothing. */
export async function follow(
  url: string,
  { deployment, validators }: Place,
  now: () => number,
): Promise<{ view: View; head: number }> {
  let mark: Mark | null = null;
  const chain = await Followed.open({
    rpc: Rpc.connect(url),
    deployment,
    validators: validators.map(fromHex),
    now,
    openLog: async () => ({
      load: async () => mark,
      save: async (next) => {
        mark = next;
      },
    }),
  });
  const head = await chain.freshHead();
  return { view: chain.state, head: head.number };
}
