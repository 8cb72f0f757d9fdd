// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Abi from './Abi.js';
import type { Args, FunctionOf, Result } from './AbiTypes.js';
import type { Rpc } from './Rpc.js';
import type { Hex } from './Wire.js';
import * as Wire from './Wire.js';

type Inputs<A extends Abi.Abi, N> = Args<Extract<FunctionOf<A>, { name: N }>['inputs']>;
type Outputs<A extends Abi.Abi, N> = Result<Extract<FunctionOf<A>, { name: N }>['outputs']>;

/**
 * What a view function answers now. The node's word: use it for what the caller may be told wrongly without harm,
 * and a `Follower` for the rest. Throws `ChainRevertError`, `ChainRpcError`, `ChainAbiError`.
 */
export async function read<const A extends Abi.Abi, N extends FunctionOf<A>['name']>(
  rpc: Rpc,
  address: Hex,
  abi: A,
  name: N,
  args: Inputs<A, N>,
): Promise<Outputs<A, N>> {
  const data = Abi.encodeCall(abi, name, args as never);
  const answer = await rpc.call('eth_call', [{ to: address, data }, 'latest'], Wire.bytes);
  return Abi.decodeResult(abi, name, answer);
}
