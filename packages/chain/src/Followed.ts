// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Deployment from './Deployment.js';
import * as Events from './Events.js';
import * as Follower from './Follower.js';
import type { Rpc } from './Rpc.js';
import * as View from './View.js';

export type Options = {
  rpc: Rpc;
  deployment: Deployment.Deployment;
  /** The 20-byte addresses of the validators we believe. */
  validators: Uint8Array[];
  now: () => number;
  /** Opens where mark and events are kept; `replay` is called for each event kept before. */
  openLog: (
    keep: (change: Follower.Change) => View.Event,
    replay: (event: View.Event) => void,
  ) => Promise<Follower.HighWater>;
  /** Called after each new event, when the view has it. */
  onEvent?: (event: View.Event) => void;
};

/** One's own view of the chain: every block verified, what it said kept, never moving back. */
export async function open(options: Options): Promise<Follower.Follower<View.View>> {
  const { rpc, deployment, validators, now, onEvent } = options;
  const view = View.empty();
  const highWater = await options.openLog(eventOf, (event) => Events.apply(view, deployment, event));
  return Follower.open({
    rpc,
    chainId: deployment.chainId,
    validators,
    contracts: Deployment.contracts(deployment),
    genesisHash: deployment.genesisHash,
    highWater,
    initial: view,
    apply(state, log, block) {
      const event = eventOf({ log, block });
      Events.apply(state, deployment, event);
      onEvent?.(event);
      return state;
    },
    now,
  });
}

const eventOf = ({ log, block }: Follower.Change): View.Event => ({
  address: log.address,
  topics: log.topics,
  data: log.data,
  blockNumber: block.number,
  timestamp: block.timestamp,
});
