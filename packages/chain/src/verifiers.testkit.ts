// Copyright the Islet authors. AGPL-3.0-or-later.
// OpenZeppelin's ERC-7913 verifiers, compiled here and asked by `eth_call`.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { to0x } from '@islet/core/crypto/bytes';
import * as Abi from './Abi.js';
import { type Anvil, CHAIN_ID, devKey } from './anvil.testkit.js';
import { devAddress } from './scene.testkit.js';
import * as Transaction from './Transaction.js';
import type { Hex } from './Wire.js';

const require = createRequire(import.meta.url);
const names = ['ERC7913P256Verifier', 'ERC7913WebAuthnVerifier'] as const;

const abi = [
  {
    type: 'function',
    name: 'verify',
    inputs: [
      { name: 'key', type: 'bytes' },
      { name: 'hash', type: 'bytes32' },
      { name: 'signature', type: 'bytes' },
    ],
    outputs: [{ name: '', type: 'bytes4' }],
  },
] as const;

export type Verifier = (key: Uint8Array, hash: Uint8Array, signature: Uint8Array) => Promise<boolean>;

/** Deploys both. Each says whether it takes a signature; one that reverts does not. */
export async function deployVerifiers(anvil: Anvil): Promise<{ p256: Verifier; webAuthn: Verifier }> {
  const [p256, webAuthn] = compile();
  const ask = async (bytecode: Hex, nonce: number): Promise<Verifier> => {
    const tx = { chainId: CHAIN_ID, nonce, gas: 8_000_000, data: bytecode };
    await anvil.ask('eth_sendRawTransaction', Transaction.sign(tx, devKey).raw);
    await anvil.ask('evm_mine');
    const to = Transaction.contractAddress(devAddress, nonce);
    return async (key, hash, signature) => {
      const data = Abi.encodeCall(abi, 'verify', { key, hash, signature });
      const answer = await anvil.ask('eth_call', { to, data }, 'latest').catch(() => '0x');
      return answer === `${data.slice(0, 10)}${'0'.repeat(56)}`;
    };
  };
  return { p256: await ask(p256!, 0), webAuthn: await ask(webAuthn!, 1) };
}

function compile(): Hex[] {
  type Imports = { import: (path: string) => { contents: string } };
  const solc = require('solc') as { compile(input: string, imports: Imports): string };
  const path = (name: string) => `@openzeppelin/contracts/utils/cryptography/verifiers/${name}.sol`;
  const contents = (file: string): string => readFileSync(require.resolve(file), 'utf8');
  const settings = {
    viaIR: true,
    evmVersion: 'osaka',
    optimizer: { enabled: true },
    outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
  };
  const sources = Object.fromEntries(names.map((name) => [path(name), { content: contents(path(name)) }]));
  const input = JSON.stringify({ language: 'Solidity', sources, settings });
  const output = JSON.parse(solc.compile(input, { import: (file) => ({ contents: contents(file) }) }));
  return names.map((name) => {
    const made = output.contracts?.[path(name)]?.[name];
    if (!made) throw new Error(JSON.stringify(output.errors));
    return to0x(Buffer.from(made.evm.bytecode.object, 'hex'));
  });
}
