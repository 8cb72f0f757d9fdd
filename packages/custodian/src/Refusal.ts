// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

type Status = 400 | 403 | 404 | 409 | 410 | 413 | 429 | 503;

/** A custodian says no. `status` is HTTP's: 400 malformed, 403 policy, 404 unknown, 409 contradicts what is known, 410 erased, 413 too large, 503 come back later. */
export class Refusal extends IsletError {
  override readonly name = 'Custodian.Refusal';
  readonly status: Status;
  constructor(status: Status, code: string, message: string) {
    super(code, message);
    this.status = status;
  }
}
