// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, plain } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { ANSWER_BYTES, ATTEMPTS, SERVICE_MS, TOLD_CHARACTERS } from './limits.js';

/** A service Islet speaks to, by its base URL. Failures carry the code that the service gave. */
export type Service = {
  name: string;
  url: string;
  /** What one answer may have; without, `ANSWER_BYTES`. */
  answerBytes?: number;
  /** Ends questions under way. */
  signal?: AbortSignal;
};

export async function post(
  service: Service,
  path: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Uint8Array> {
  return send(service, path, {
    method: 'POST',
    body: plain(body),
    headers: { 'content-type': 'application/cbor', ...headers },
  });
}

export async function put(service: Service, path: string, body: Uint8Array): Promise<Uint8Array> {
  return send(service, path, {
    method: 'PUT',
    body: plain(body),
    headers: { 'content-type': 'application/cbor' },
  });
}

export async function get(
  service: Service,
  path: string,
  headers: Record<string, string> = {},
): Promise<Uint8Array> {
  return send(service, path, { headers });
}

/** An answer in JSON: an object, or `SERVICE_ANSWER_UNREADABLE` is thrown. */
export function json(bytes: Uint8Array, service = 'service'): Record<string, unknown> {
  const value = objectIn(bytes);
  if (!value) throw new UnreadableError(service);
  return value;
}

function objectIn(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function send(service: Service, path: string, init: RequestInit): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    let response: Response;
    let body: Uint8Array;
    try {
      const patience = AbortSignal.timeout(SERVICE_MS);
      const signal = service.signal ? AbortSignal.any([patience, service.signal]) : patience;
      response = await fetch(service.url + path, { ...init, signal });
      body = await bodyOf(response, service);
    } catch (cause) {
      if (cause instanceof TooLargeError) throw cause;
      if (attempt < ATTEMPTS && isCutOff(cause)) continue;
      throw new UnreachableError(service.name, cause);
    }
    if (response.ok) return body;
    throw new RemoteError(service.name, response.status, body);
  }
}

// Stops: a service that fills our memory.
async function bodyOf(response: Response, service: Service): Promise<Uint8Array> {
  const limit = service.answerBytes ?? ANSWER_BYTES;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > limit) throw new TooLargeError(service.name);
    parts.push(part);
  }
  return parts.length === 1 ? parts[0]! : concat(...parts);
}

/**
 * A kept connection that the service had closed meanwhile, as happens after long work of ours. Asking again is safe:
 * every call either changes nothing the second time or is refused as already done.
 */
function isCutOff(error: unknown): boolean {
  const code = ((error as Error).cause as { code?: unknown } | undefined)?.code;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** The service refused. `code` and message are its own. */
export class RemoteError extends IsletError {
  override readonly name = 'RemoteError';
  readonly status: number;
  readonly service: string;
  readonly details: Record<string, unknown>;
  constructor(service: string, status: number, body: Uint8Array) {
    // Not JSON: some proxy's page. The status says enough.
    const told = objectIn(body) ?? {};
    const code =
      typeof told.code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(told.code)
        ? told.code
        : `HTTP_${status}`;
    const message =
      typeof told.message === 'string'
        ? // Stops: a message that paints over a terminal.
          told.message.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, TOLD_CHARACTERS)
        : `The ${service} answered with status ${status}.`;
    super(code, message);
    this.status = status;
    this.service = service;
    this.details = told;
  }
}

export class UnreachableError extends IsletError {
  override readonly name = 'UnreachableError';
  constructor(service: string, cause: unknown) {
    super('SERVICE_UNREACHABLE', `The ${service} cannot be reached. See "islet doctor" for what runs.`, {
      cause,
    });
  }
}

export class TooLargeError extends IsletError {
  override readonly name = 'Http.TooLargeError';
  constructor(service: string) {
    super(
      'SERVICE_ANSWER_TOO_LARGE',
      `The ${service} answered with more than it may. Ask for fewer days at once, or another ${service}.`,
    );
  }
}

export class UnreadableError extends IsletError {
  override readonly name = 'Http.UnreadableError';
  constructor(service: string) {
    super(
      'SERVICE_ANSWER_UNREADABLE',
      `The ${service} answered with something that cannot be read. Try again, or another ${service}.`,
    );
  }
}
