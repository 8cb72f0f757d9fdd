// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

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

type PackedMined = [Hex, Hex, Hex | null, number, Hex, Hex, Hex, Hex, Hex, Hex | null, [Hex, Hex[], Hex][]];
type Packed = { h: Record<string, unknown>; t: PackedMined[]; s: Hex };

/** Most header fields never change: only what differs from block 0 is written. `base` is block 0's header. */
export function packDone(done: Done, base: Header | undefined): Buffer {
  const h: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(done.header)) {
    if (!base || JSON.stringify(value) !== JSON.stringify(base[key])) h[key] = value;
  }
  for (const key of Object.keys(base ?? {})) if (!(key in done.header)) throw new HeaderError(key);
  const t = done.txs.map(
    (m): PackedMined => [
      m.hash,
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
  return Buffer.from(JSON.stringify({ h, t, s: done.seal } satisfies Packed), 'latin1');
}

export function unpackDone(payload: Buffer, base: Header | undefined): Done {
  const { h, t, s } = JSON.parse(payload.toString('latin1')) as Packed;
  const txs = t.map(
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
      hash,
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
  return { header: { ...base, ...h } as Header, txs, seal: s };
}

export const packJson = (value: Genesis | Open): Buffer => Buffer.from(JSON.stringify(value), 'latin1');

export const unpackGenesis = (payload: Buffer): Genesis => JSON.parse(payload.toString('latin1'));

export const unpackOpen = (payload: Buffer): Open => JSON.parse(payload.toString('latin1'));

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
