// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

/** A file that was named cannot be taken in. `then` says what that leaves behind. */
export class FileError extends IsletError {
  override readonly name = 'FileError';
  constructor(why: string, code = 'CLI_NO_FILE', then = 'Nothing was changed.') {
    super(code, `The file cannot be taken: ${why}. ${then}`);
  }
}
