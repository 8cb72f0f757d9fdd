// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export class NoGuardiansError extends IsletError {
  override readonly name = 'NoGuardiansError';
  constructor() {
    super(
      'WEB_NO_GUARDIANS',
      'This account has no guardians. Its recovery kit, or a device that is still there, can bring it back.',
    );
  }
}
