// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export class OtherDrillError extends IsletError {
  override readonly name = 'OtherDrillError';
  constructor() {
    super(
      'WEB_OTHER_DRILL',
      'This answers another question, or the share behind it is not of the keys of now. Send the newest question again; if the answer stays wrong, name your guardians anew.',
    );
  }
}
