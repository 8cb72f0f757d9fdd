// Copyright the Islet authors. AGPL-3.0-or-later.
// The shapes of JSON-RPC parameters.
import * as z from 'zod';
import { CALL_GAS, FILTER_VALUES, TX_BYTES, TX_GAS } from './limits.js';
import type { Hex } from './Records.js';

const hexOf = (pattern: RegExp) =>
  z
    .string()
    .regex(pattern)
    .transform((text) => text.toLowerCase() as Hex);

export const address = hexOf(/^0x[0-9a-fA-F]{40}$/);
export const hash = hexOf(/^0x[0-9a-fA-F]{64}$/);
export const raw = z.string().max(2 + 2 * TX_BYTES);
const data = hexOf(/^0x(?:[0-9a-fA-F]{2})*$/).refine((text) => text.length <= 2 + 2 * TX_BYTES);
const count = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,13}$/)
  .transform((text) => Number(text));

/** A storage slot: some clients write it short. */
export const slot = hexOf(/^0x[0-9a-fA-F]{1,64}$/).transform(
  (text) => `0x${text.slice(2).padStart(64, '0')}`,
);

const tag = z.enum(['latest', 'pending', 'safe', 'finalized', 'earliest']);

/** A block by number or name. With one validator the newest block is also the final one. */
export const block = z.union([tag, count]);
export type BlockName = z.infer<typeof block>;

/** `islet_getSeal` takes plain numbers, and quantities like everything else. */
export const seal = z.union([z.int().nonnegative(), block]);

const few = <T extends z.ZodType>(one: T) => z.array(one).max(FILTER_VALUES);

export const filter = z.object({
  fromBlock: block.nullish(),
  toBlock: block.nullish(),
  blockHash: hash.nullish(),
  address: z.union([address, few(address)]).nullish(),
  topics: z
    .array(z.union([z.null(), hash, few(z.union([hash, z.null()]))]))
    .max(4)
    .nullish(),
});

const gasUpTo = (most: number) => count.nullish().transform((gas) => Math.min(gas ?? most, most));

const call = z.object({
  from: address.nullish(),
  to: address.nullish(),
  data: data.nullish(),
  input: data.nullish(),
});

/** What `eth_call` may ask: who, whom, with what, within our gas limit. Never a price, a value or another state. */
export const callOf = call.extend({ gas: gasUpTo(CALL_GAS) }).transform(ask);
export const estimateOf = call.extend({ gas: gasUpTo(TX_GAS) }).transform(ask);

type Question = { from?: Hex | null; to?: Hex | null; data?: Hex | null; input?: Hex | null; gas: number };

function ask({ from, to, data, input, gas }: Question): object {
  return {
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    data: input ?? data ?? '0x',
    gas: `0x${gas.toString(16)}`,
  };
}
