// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Abi from './Abi.js';
import { type Anvil, CHAIN_ID, devKey, start as startAnvil } from './anvil.testkit.js';
import { type Node, start as startNode, validators } from './node.testkit.js';
import { connect, type Rpc } from './Rpc.js';
import { compileProbe, probeAbi } from './solidity.testkit.js';
import * as Transaction from './Transaction.js';
import type { Hex } from './Wire.js';

export const devAddress: Hex = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';

/** An executor with the probe deployed in block 1, a node in front of it, and a connection to that. */
export type Scene = AsyncDisposable & {
  anvil: Anvil;
  node: Node;
  rpc: Rpc;
  probe: Hex;
  trust: { chainId: number; validators: Uint8Array[]; contracts: Hex[] };
  /** Puts transactions to the probe into the pool, in order. */
  submit(...data: Hex[]): Promise<Hex[]>;
  /** Submits and mines one block. */
  mine(...data: Hex[]): Promise<void>;
};

export async function start(): Promise<Scene> {
  const anvil = await startAnvil();
  const node = await startNode(anvil.url);
  const rpc = connect(node.url, { abis: [probeAbi] });
  const probe = Transaction.contractAddress(devAddress, 0);
  let nonce = 0;
  const put = (to: Hex | undefined, data: Hex, gas: number) => {
    const tx = { chainId: CHAIN_ID, nonce: nonce++, gas, data, ...(to ? { to } : {}) };
    return anvil.ask('eth_sendRawTransaction', Transaction.sign(tx, devKey).raw) as Promise<Hex>;
  };
  async function submit(...data: Hex[]): Promise<Hex[]> {
    const hashes: Hex[] = [];
    for (const d of data) hashes.push(await put(probe, d, 2_000_000));
    return hashes;
  }
  const { bytecode } = compileProbe();
  await put(undefined, Abi.encodeDeploy(probeAbi, bytecode, { start_: 5n, owner_: devAddress }), 4_000_000);
  await anvil.ask('evm_mine');
  return {
    anvil,
    node,
    rpc,
    probe,
    trust: { chainId: CHAIN_ID, validators, contracts: [probe] },
    submit,
    mine: async (...data) => {
      await submit(...data);
      await anvil.ask('evm_mine');
    },
    [Symbol.asyncDispose]: async () => {
      await node.close();
      await anvil.close();
    },
  };
}

export const note = (many: number, size = 0): Hex =>
  Abi.encodeCall(probeAbi, 'note', { many: BigInt(many), size: BigInt(size) });
export const bare = (): Hex => Abi.encodeCall(probeAbi, 'bare', {});
export const refuse = (): Hex => Abi.encodeCall(probeAbi, 'refuse', {});
