// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

/** How a refusal reads in HTTP; see docs/protocol.md. */
export type Status = 400 | 401 | 403 | 404 | 408 | 409 | 410 | 413 | 429 | 503;

/** An answer other than "done", on purpose: a code that is stable, and what to do. Never data, keys or hashes. */
export class Refusal extends IsletError {
  override readonly name = 'Refusal';
  readonly status: Status;
  /** Seconds after which to try again. */
  readonly retryAfter: number | undefined;

  constructor(
    status: Status,
    code: string,
    message: string,
    options: ErrorOptions & { retryAfter?: number } = {},
  ) {
    super(code, message, options);
    this.status = status;
    this.retryAfter = options.retryAfter;
  }
}
