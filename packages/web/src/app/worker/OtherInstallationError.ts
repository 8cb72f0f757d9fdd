// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export class OtherInstallationError extends IsletError {
  override readonly name = 'OtherInstallationError';
  constructor() {
    super('WEB_OTHER_INSTALLATION', 'The file belongs to another installation of Islet. Check it there.');
  }
}
