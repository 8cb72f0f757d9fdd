// Copyright the Islet authors. AGPL-3.0-or-later.
// Islet's contracts on a real executor whose clock the test moves, people who are its development accounts (it signs
// their messages by its own reading of EIP-712), and a view of all that the contracts said.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import * as Abi from './Abi.js';
import type { Item, Param } from './AbiTypes.js';
import { circlesAbi } from './abi/Circles.js';
import { erasureAbi } from './abi/Erasure.js';
import { identityAbi } from './abi/Identity.js';
import { recoveryAbi } from './abi/Recovery.js';
import { CHAIN_ID, devKey, start as startAnvil } from './anvil.testkit.js';
import type { Deployment } from './Deployment.js';
import * as Events from './Events.js';
import * as Founding from './Founding.js';
import { connect } from './Rpc.js';
import * as Sender from './Sender.js';
import * as View from './View.js';
import type { Hex } from './Wire.js';

const abis = {
  identity: identityAbi,
  circles: circlesAbi,
  recovery: recoveryAbi,
  erasure: erasureAbi,
} as const;
type Contract = keyof typeof abis;
type Values = Record<string, bigint | Uint8Array | Uint8Array[]>;

export type Contracts = AsyncDisposable & {
  deployment: Deployment;
  view: View.View;
  /** 20 bytes each. The first one sends everything. */
  people: Uint8Array[];
  /** A person's signed message, by its function's name, with what the contracts say to it applied to the view. */
  say(contract: Contract, name: string, message: Values, person: number): Promise<void>;
  finish(account: Uint8Array, attempt: number, newSigner: Uint8Array): Promise<void>;
  /** UTC ms of the newest block. */
  time(): Promise<number>;
  wait(seconds: number): Promise<void>;
};

export const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** `custodians`: which people; two of them must release. */
export async function start(custodians: number[]): Promise<Contracts> {
  const anvil = await startAnvil();
  await anvil.ask('evm_setAutomine', true);
  const rpc = connect(anvil.url, { abis: Founding.abis });
  const sender = Sender.open({ rpc, chainId: CHAIN_ID, key: devKey, now: Date.now });
  const addresses = (await anvil.ask('eth_accounts')) as Hex[];
  const org = filled(1);
  const deployment = await Founding.deploy(rpc, sender, CHAIN_ID, {
    founders: [{ org, admin: sender.address }],
    relays: [{ org, relay: sender.address }],
    custodians: custodians.map((who) => ({ org, signingKey: filled(2 + who), account: addresses[who]! })),
    threshold_: 2n,
    delay_: 0n,
    budget: 1000,
  });
  const view = View.empty();
  async function timeOf(block: Hex | 'latest'): Promise<number> {
    const { timestamp } = (await anvil.ask('eth_getBlockByNumber', block, false)) as { timestamp: Hex };
    return Number(timestamp);
  }
  const log = async (events: { address: Hex; topics: Hex[]; data: Hex }[], blockNumber: number) => {
    const timestamp = await timeOf(`0x${blockNumber.toString(16)}`);
    for (const event of events) Events.apply(view, deployment, { ...event, blockNumber, timestamp });
  };
  async function send(to: Hex, data: Hex): Promise<void> {
    const { logs, blockNumber } = await sender.send({ to, data });
    await log(logs, blockNumber);
  }
  // The custodians are told while the contracts are deployed.
  const filter = { fromBlock: '0x0', toBlock: 'latest', address: deployment.members };
  for (const event of (await anvil.ask('eth_getLogs', filter)) as (Parameters<typeof log>[0][number] & {
    blockNumber: Hex;
  })[])
    await log([event], Number(event.blockNumber));

  return {
    deployment,
    view,
    people: addresses.map(fromHex),
    async say(contract, name, message, person) {
      const abi: readonly Item[] = abis[contract];
      const target = deployment[contract];
      const { inputs = [] } = abi.find((item) => item.type === 'function' && item.name === name)!;
      const m = { chain: BigInt(CHAIN_ID), target, deadline: 4_000_000_000n, ...message };
      const typed = typedData(inputs[0]!.components!, name, m, target);
      const signature = fromHex(
        (await anvil.ask('eth_signTypedData_v4', addresses[person]!, typed)) as string,
      );
      const args = { m, signature, ...(inputs.length === 3 ? { signer: fromHex(addresses[person]!) } : {}) };
      await send(target, Abi.encodeCall(abi, name as never, args as never));
    },
    finish: (account, attempt, newSigner) =>
      send(
        deployment.recovery,
        Abi.encodeCall(recoveryAbi, 'finish', { account, attempt: BigInt(attempt), newSigner }),
      ),
    time: async () => (await timeOf('latest')) * 1000,
    async wait(seconds) {
      await anvil.ask('evm_increaseTime', seconds);
      await anvil.ask('evm_mine');
    },
    [Symbol.asyncDispose]: () => anvil.close(),
  };
}

/** A message is named as its function, with a capital. */
function typedData(fields: readonly Param[], name: string, message: object, verifyingContract: Hex) {
  const primaryType = name[0]!.toUpperCase() + name.slice(1);
  const domain = { name: 'Islet', version: '1', chainId: CHAIN_ID, verifyingContract };
  const named = (type: string, of: string) => ({ name: of, type });
  return {
    domain,
    primaryType,
    message: JSON.parse(JSON.stringify(message, asJson)),
    types: {
      EIP712Domain: [
        named('string', 'name'),
        named('string', 'version'),
        named('uint256', 'chainId'),
        named('address', 'verifyingContract'),
      ],
      [primaryType]: fields.map((field) => named(field.type, field.name!)),
    },
  };
}

const asJson = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? to0x(value) : typeof value === 'bigint' ? String(value) : value;
