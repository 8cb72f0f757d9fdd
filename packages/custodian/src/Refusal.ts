// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

/** A custodian says no. `status` is HTTP's: 400 malformed, 403 policy, 404 unknown, 503 come back later. */
export class Refusal extends IsletError {
  override readonly name = 'Custodian.Refusal';
  readonly status: 400 | 403 | 404 | 429 | 503;
  constructor(status: 400 | 403 | 404 | 429 | 503, code: string, message: string) {
    super(code, message);
    this.status = status;
  }
}
