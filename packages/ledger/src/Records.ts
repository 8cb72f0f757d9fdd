// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import { IsletError } from '@islet/core/IsletError';
import * as Derived from './Derived.js';
import { DERIVED_TXS } from './limits.js';

export type Hex = `0x${string}`;

/** What fixes every hash of the chain. Times in seconds. */
export type Genesis = {
  version: 1;
  chainId: number;
  timestamp: number;
  hardfork: string;
  gasLimit: number;
  /** The validator's address. */
  validator: Hex;
};

/** A block before it is executed. Time in seconds; signed transactions in order. */
export type Open = { timestamp: number; txs: Hex[] };

/** A block's header with every field the executor returned, as JSON-RPC writes them. */
export type Header = Record<string, unknown> & {
  hash: Hex;
  parentHash: Hex;
  number: Hex;
  timestamp: Hex;
  logsBloom: Hex;
  transactionsRoot: Hex;
  receiptsRoot: Hex;
};

export type Log = { address: Hex; topics: Hex[]; data: Hex };

/** A transaction as it was executed. `place` is its position in the open record. */
export type Mined = {
  hash: Hex;
  from: Hex;
  to: Hex | null;
  place: number;
  type: Hex;
  status: Hex;
  cumulativeGasUsed: Hex;
  gasUsed: Hex;
  effectiveGasPrice: Hex;
  contractAddress: Hex | null;
  logs: Log[];
};

/** An executed block and the validator's seal on it. */
export type Done = { header: Header; txs: Mined[]; seal: Hex };

/** A record that was read without what can be derived from it: enough to index it. */
export type Skimmed = Omit<Done, 'header'> & { header: Pick<Header, 'hash' | 'number' | 'timestamp'> };

/** What a block's record rests on: block 0's header, the parent's hash and the block as it was before execution. */
export type Ground = { base: Header; parentHash: Hex; open: Open };

type PackedMined = [
  Hex | 0,
  Hex,
  Hex | null,
  number,
  Hex,
  Hex,
  Hex,
  Hex,
  Hex,
  Hex | null,
  [Hex, Hex[], Hex][],
];
/** `d`: which of `Derived.names` are left out, as bits. */
type Packed = { h: Record<string, unknown>; d: number; t: PackedMined[]; s: Hex };

/**
 * Only what neither block 0 nor the block itself tells already is written. `ground` is undefined for block 0.
 * Throws `LEDGER_HEADER`.
 */
export function packDone(done: Done, ground: Ground | undefined): string {
  const { base, open } = ground ?? {};
  for (const key of Object.keys(base ?? {})) if (!(key in done.header)) throw new HeaderError(key);
  const derived = ground && derivable(done, ground);
  const h: Record<string, unknown> = {};
  let d = 0;
  for (const [key, value] of Object.entries(done.header)) {
    const bit = Derived.names.indexOf(key as keyof Derived.Derived);
    if (bit >= 0 && derived?.[Derived.names[bit]!] === value) d |= 1 << bit;
    else if (!base || JSON.stringify(value) !== JSON.stringify(base[key])) h[key] = value;
  }
  const t = done.txs.map(
    (m): PackedMined => [
      open && hashOf(open.txs[m.place]) === m.hash ? 0 : m.hash,
      m.from,
      m.to,
      m.place,
      m.type,
      m.status,
      m.cumulativeGasUsed,
      m.gasUsed,
      m.effectiveGasPrice,
      m.contractAddress,
      m.logs.map((l) => [l.address, l.topics, l.data]),
    ],
  );
  return JSON.stringify({ h, d, t, s: done.seal } satisfies Packed);
}

/** `ground` is undefined for block 0. */
export function skimDone(text: string, ground: Pick<Ground, 'base' | 'open'> | undefined): Skimmed {
  const { h, t, s } = JSON.parse(text) as Packed;
  return { header: { ...ground?.base, ...h } as Header, txs: minedOf(t, ground?.open), seal: s };
}

/** `ground` is undefined for block 0. */
export function unpackDone(text: string, ground: Ground | undefined): Done {
  const { h, d, t, s } = JSON.parse(text) as Packed;
  const txs = minedOf(t, ground?.open);
  const header = { ...ground?.base, ...h } as Header;
  if (ground && d) {
    const derived = Derived.of(ground.parentHash, ground.open, txs);
    for (const [bit, name] of Derived.names.entries()) if (d & (1 << bit)) header[name] = derived[name];
  }
  return { header, txs, seal: s };
}

function derivable(done: Done, { parentHash, open }: Ground): Derived.Derived | undefined {
  if (done.txs.length > DERIVED_TXS) return undefined;
  try {
    return Derived.of(parentHash, open, done.txs);
  } catch {
    // An executor that writes its answers in another way is taken at its word.
    return undefined;
  }
}

const minedOf = (packed: PackedMined[], open: Open | undefined): Mined[] =>
  packed.map(
    ([
      hash,
      from,
      to,
      place,
      type,
      status,
      cumulativeGasUsed,
      gasUsed,
      effectiveGasPrice,
      created,
      logs,
    ]) => ({
      hash: hash === 0 ? hashOf(open?.txs[place])! : hash,
      from,
      to,
      place,
      type,
      status,
      cumulativeGasUsed,
      gasUsed,
      effectiveGasPrice,
      contractAddress: created,
      logs: logs.map(([address, topics, data]) => ({ address, topics, data })),
    }),
  );

const hashOf = (raw: Hex | undefined): Hex | undefined => raw && to0x(keccak256(fromHex(raw)));

/** `LEDGER_HEADER`: the executor left out a header field that block 0 has. */
export class HeaderError extends IsletError {
  override readonly name = 'LedgerHeaderError';
  constructor(field: string) {
    super(
      'LEDGER_HEADER',
      `The executor's block has no field ${field}, which block 0 has. Use the executor version this release names.`,
    );
  }
}
