// Copyright the Islet authors. AGPL-3.0-or-later.
import { createRequire } from 'node:module';
import type { Hex } from './Wire.js';

/** Logs and reverts on demand, with the shapes that our contracts use. */
const source = `// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.30;
contract Probe {
    struct Window { int32 firstDay; int32 lastDay; }
    struct Grant {
        uint256 chain; address target; bytes32 grantId; bytes32[] streams; int32 firstDay; Window[] windows; bytes signer;
    }
    event Granted(bytes32 indexed grantId, address indexed relay, Grant grant, bytes signature);
    event Noted(uint256 indexed number, string indexed hidden, bytes note);
    event Bare();
    error ConsentAlreadyRevoked(bytes32 grantId, uint64 at);
    error NotAMember();
    uint256 public immutable start;
    address public owner;
    uint256 public total;
    constructor(uint256 start_, address owner_) { start = start_; owner = owner_; }
    function grant(Grant calldata g, bytes calldata signature) external { emit Granted(g.grantId, msg.sender, g, signature); }
    function echo(Grant calldata g) external pure returns (Grant memory, uint256 size) { return (g, g.streams.length); }
    function note(uint256 many, uint256 size) external {
        for (uint256 i; i < many; i++) emit Noted(i, "hidden", new bytes(size));
    }
    function bare() external { emit Bare(); }
    function count() external { total++; }
    function revoke(bytes32 id) external pure { revert ConsentAlreadyRevoked(id, 7); }
    function refuse() external pure { revert NotAMember(); }
    function words() external pure { revert("in words"); }
    function once() external { require(total == 0, "not once"); total = 1; }
    function panic() external view returns (uint256) { return 1 / total; }
}`;

export function compileProbe(): { abi: unknown; bytecode: Hex } {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };
  const settings = {
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    optimizer: { enabled: true },
  };
  const sources = { 'Probe.sol': { content: source } };
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings })));
  if (!output.contracts) throw new Error(JSON.stringify(output.errors));
  const { abi, evm } = output.contracts['Probe.sol'].Probe;
  return { abi, bytecode: `0x${evm.bytecode.object}` };
}

const grant = [
  { name: 'chain', type: 'uint256' },
  { name: 'target', type: 'address' },
  { name: 'grantId', type: 'bytes32' },
  { name: 'streams', type: 'bytes32[]' },
  { name: 'firstDay', type: 'int32' },
  {
    name: 'windows',
    type: 'tuple[]',
    components: [
      { name: 'firstDay', type: 'int32' },
      { name: 'lastDay', type: 'int32' },
    ],
  },
  { name: 'signer', type: 'bytes' },
] as const;

/** The interface of the probe, typed; a test holds it against what the compiler says. */
export const probeAbi = [
  {
    type: 'constructor',
    inputs: [
      { name: 'start_', type: 'uint256' },
      { name: 'owner_', type: 'address' },
    ],
  },
  {
    type: 'error',
    name: 'ConsentAlreadyRevoked',
    inputs: [
      { name: 'grantId', type: 'bytes32' },
      { name: 'at', type: 'uint64' },
    ],
  },
  { type: 'error', name: 'NotAMember', inputs: [] },
  { type: 'event', name: 'Bare', inputs: [] },
  {
    type: 'event',
    name: 'Granted',
    inputs: [
      { name: 'grantId', type: 'bytes32', indexed: true },
      { name: 'relay', type: 'address', indexed: true },
      { name: 'grant', type: 'tuple', components: grant, indexed: false },
      { name: 'signature', type: 'bytes', indexed: false },
    ],
  },
  {
    type: 'event',
    name: 'Noted',
    inputs: [
      { name: 'number', type: 'uint256', indexed: true },
      { name: 'hidden', type: 'string', indexed: true },
      { name: 'note', type: 'bytes', indexed: false },
    ],
  },
  { type: 'function', name: 'bare', inputs: [], outputs: [] },
  { type: 'function', name: 'count', inputs: [], outputs: [] },
  {
    type: 'function',
    name: 'echo',
    inputs: [{ name: 'g', type: 'tuple', components: grant }],
    outputs: [
      { name: '', type: 'tuple', components: grant },
      { name: 'size', type: 'uint256' },
    ],
  },
  {
    type: 'function',
    name: 'grant',
    inputs: [
      { name: 'g', type: 'tuple', components: grant },
      { name: 'signature', type: 'bytes' },
    ],
    outputs: [],
  },
  {
    type: 'function',
    name: 'note',
    inputs: [
      { name: 'many', type: 'uint256' },
      { name: 'size', type: 'uint256' },
    ],
    outputs: [],
  },
  { type: 'function', name: 'once', inputs: [], outputs: [] },
  { type: 'function', name: 'owner', inputs: [], outputs: [{ name: '', type: 'address' }] },
  { type: 'function', name: 'panic', inputs: [], outputs: [{ name: '', type: 'uint256' }] },
  { type: 'function', name: 'refuse', inputs: [], outputs: [] },
  { type: 'function', name: 'revoke', inputs: [{ name: 'id', type: 'bytes32' }], outputs: [] },
  { type: 'function', name: 'start', inputs: [], outputs: [{ name: '', type: 'uint256' }] },
  { type: 'function', name: 'total', inputs: [], outputs: [{ name: '', type: 'uint256' }] },
  { type: 'function', name: 'words', inputs: [], outputs: [] },
] as const;
