// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { Context } from './Context.js';
import { Refusal } from './Refusal.js';

// What takes away (a revocation, an erasure, the removal of a signer) a custodian hears and does for ever, listed or not.

/** Throws `CUSTODIAN_LEFT` unless the members list our key at our place. To be asked when the view is known to be fresh. */
// Stops: a custodian whom the members replaced opening by what it still holds.
export function requireListed(context: Context): void {
  if (!isListed(context)) throw left();
}

/** Throws `CUSTODIAN_LEFT` where the members listed us once and do so no more. Before that, people may enrol. */
// Stops: anything sealed to, or anyone trusting, a custodian whom the members replaced.
export function requireNotLeft(context: Context): void {
  const { chain, signer } = context;
  if (chain.state.formerCustodians.has(toHex(signer.publicKey)) && !isListed(context)) throw left();
}

const isListed = ({ chain, index, signer }: Context): boolean =>
  chain.state.custodians.get(index)?.signingKey === toHex(signer.publicKey);

const left = (): Refusal =>
  new Refusal(
    403,
    'CUSTODIAN_LEFT',
    'The members do not list this custodian. Ask the one that is listed in its place.',
  );
