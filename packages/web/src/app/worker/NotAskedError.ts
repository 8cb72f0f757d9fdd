// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export class NotAskedError extends IsletError {
  override readonly name = 'NotAskedError';
  constructor() {
    super(
      'WEB_NOT_ASKED',
      'This is no invitation, question or request, or a letter of it is wrong. Copy all of it again.',
    );
  }
}
