// Copyright the Islet authors. AGPL-3.0-or-later.

/**
 * The base of every error Islet throws on purpose. `code` is stable and listed in `docs/errors.md`;
 * the message says what happened, where, and what to do, and never carries data or keys.
 */
export class IsletError extends Error {
  override readonly name: string = 'IsletError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
