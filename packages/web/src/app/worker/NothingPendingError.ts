// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export class NothingPendingError extends IsletError {
  override readonly name = 'NothingPendingError';
  constructor() {
    super('WEB_NOTHING_PENDING', 'Nothing is waited for here. Begin again from the first page.');
  }
}
