// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Deployment from '@islet/chain/Deployment';
import { IsletError } from '@islet/core/IsletError';

/**
 * Throws `CLI_OTHER_CHAIN` unless a file is of the deployment that the checker knows. A file names its own contracts, and
 * contracts of somebody else's may say anything.
 */
export function refuse(named: Deployment.Deployment, known: Deployment.Deployment | undefined): void {
  if (known && Deployment.format(named) !== Deployment.format(known)) throw new OtherChainError();
}

export class OtherChainError extends IsletError {
  override readonly name = 'OtherChainError';
  constructor() {
    super(
      'CLI_OTHER_CHAIN',
      'The file is of another chain, or of other contracts, than those it is compared with. Ask whoever gave it to you which.',
    );
  }
}
