// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as Abi from './Abi.js';
import type { Hex } from './Wire.js';

/**
 * The error of a call that a contract refused. A custom error of one of the ABIs becomes the code
 * (`ConsentAlreadyRevoked` → `CONSENT_ALREADY_REVOKED`); anything else is `CHAIN_REVERTED`.
 */
export function from(data: Hex, abis: readonly Abi.Abi[]): ChainRevertError {
  for (const abi of abis) {
    const decoded = Abi.decodeError(abi, data);
    if (decoded) return new ChainRevertError(decoded.name, decoded.args, data);
  }
  return new ChainRevertError(undefined, undefined, data);
}

/** `ConsentAlreadyRevoked` → `CONSENT_ALREADY_REVOKED`. */
export const codeOf = (errorName: string): string =>
  errorName
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();

/** A contract's refusal. Its arguments are in `args`, never in the message. */
export class ChainRevertError extends IsletError {
  override readonly name = 'ChainRevertError';
  /** The Solidity error's name, or `undefined` where the ABIs given do not know it. */
  readonly errorName: string | undefined;
  readonly args: unknown;
  readonly data: Hex;

  constructor(errorName: string | undefined, args: unknown, data: Hex) {
    super(
      errorName === undefined ? 'CHAIN_REVERTED' : codeOf(errorName),
      errorName === undefined
        ? 'A contract refused the call without a reason that we know. Check the address, the network and the contract version.'
        : `A contract refused the call: ${errorName}.`,
    );
    this.errorName = errorName;
    this.args = args;
    this.data = data;
  }
}
