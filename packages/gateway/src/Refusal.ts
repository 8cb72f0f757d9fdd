// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

export type Status = 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 429 | 503;

/** Why a caller is told no: the HTTP status and a stable code. */
export class RefusalError extends IsletError {
  override readonly name = 'Gateway.RefusalError';
  readonly status: Status;
  /** When to try again, seconds. */
  readonly retryAfter: number | undefined;

  constructor(
    status: Status,
    code: string,
    message: string,
    options?: ErrorOptions & { retryAfter?: number },
  ) {
    super(code, message, options);
    this.status = status;
    this.retryAfter = options?.retryAfter;
  }
}

export const malformed = (what: string): RefusalError =>
  new RefusalError(400, 'GATEWAY_MALFORMED', `${what} Correct it and send it again.`);

export const unauthorised = (): RefusalError =>
  new RefusalError(
    401,
    'GATEWAY_UNAUTHORISED',
    'The device key is missing or not known here. Pair the device anew.',
  );

export const mayNot = (what: 'write' | 'read'): RefusalError =>
  new RefusalError(
    403,
    'GATEWAY_DEVICE_MAY_NOT',
    `This device key may not ${what}. Pair the device with a key that may ${what}.`,
  );

/** Whatever keeps readings from becoming durable: the client keeps them and tries again. */
export const notDurable = (cause: unknown): RefusalError =>
  new RefusalError(
    503,
    'GATEWAY_NOT_DURABLE',
    'The readings could not be written down. Nothing was acknowledged: send them again in a moment.',
    { cause },
  );

export const noKeys = (status: 409 | 503): RefusalError =>
  new RefusalError(
    status,
    'GATEWAY_NO_KEYS',
    'The gateway has no keys to seal these readings to. Let the wallet send its public keys, then try again.',
  );

export const notASigner = (): RefusalError =>
  new RefusalError(
    403,
    'GATEWAY_NOT_A_SIGNER',
    'Whoever signed this does not speak for the account. Use the wallet that is registered.',
  );

export const notAuthorised = (status: 403 | 503): RefusalError =>
  new RefusalError(
    status,
    'GATEWAY_NOT_AUTHORISED',
    'The account has not authorised this gateway, or has ended it. Authorise it in the wallet.',
  );

export const ended = (): RefusalError =>
  new RefusalError(
    410,
    'GATEWAY_ERASED',
    'Everything of this account was erased, and nothing more is taken for it. Begin again with a new account.',
  );

export const tooMany = (retryAfter: number): RefusalError =>
  new RefusalError(
    429,
    'GATEWAY_TOO_MANY',
    'Too many requests at once, or too many failed logins. Nothing was kept of this one: send it again later.',
    { retryAfter },
  );
