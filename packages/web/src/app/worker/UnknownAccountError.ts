// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export class UnknownAccountError extends IsletError {
  override readonly name = 'UnknownAccountError';
  constructor() {
    super('WEB_UNKNOWN_ACCOUNT', 'There is no account with this code here. Copy all of the code again.');
  }
}
