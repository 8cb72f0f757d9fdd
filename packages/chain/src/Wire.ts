// Copyright the Islet authors. AGPL-3.0-or-later.
import * as z from 'zod';

/** `0x` and an even number of lower-case hex digits: how hashes, addresses and bytes travel and are compared. */
export type Hex = `0x${string}`;

const hexOf = (pattern: RegExp) =>
  z
    .string()
    .regex(pattern)
    .transform((text) => text.toLowerCase() as Hex);

export const bytes = hexOf(/^0x(?:[0-9a-fA-F]{2})*$/);
export const bytes8 = hexOf(/^0x[0-9a-fA-F]{16}$/);
export const address = hexOf(/^0x[0-9a-fA-F]{40}$/);
export const hash = hexOf(/^0x[0-9a-fA-F]{64}$/);
export const signature = hexOf(/^0x[0-9a-fA-F]{130}$/);
export const bloom = hexOf(/^0x[0-9a-fA-F]{512}$/);

/** A quantity: no leading zeros, at most 256 bits. */
export const quantity = z
  .string()
  .regex(/^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/)
  .transform((text) => BigInt(text));

/** A quantity that JavaScript can count with. */
export const count = quantity.refine((n) => n <= BigInt(Number.MAX_SAFE_INTEGER)).transform(Number);

/** A whole number, as a JSON number or a quantity: the `islet_` methods may answer either. */
export const whole = z.union([z.int().nonnegative(), count]);

/** A number as a quantity, the form JSON-RPC parameters take. */
export const toQuantity = (n: number | bigint): Hex => `0x${n.toString(16)}`;
