// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export class NothingReadError extends IsletError {
  override readonly name = 'NothingReadError';
  constructor() {
    super('WEB_NOTHING_READ', 'No file was read yet. Choose one first.');
  }
}
