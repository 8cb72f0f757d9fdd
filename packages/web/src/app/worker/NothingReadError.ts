// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export class NothingReadError extends IsletError {
  override readonly name = 'NothingReadError';
  constructor() {
    super('WEB_NOTHING_READ', 'There are no readings here yet. Import a file or connect an app first.');
  }
}
