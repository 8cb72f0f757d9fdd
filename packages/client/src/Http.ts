// Copyright the Islet authors. AGPL-3.0-or-later.
import { plain } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';

/** A service Islet speaks to, by its base URL. Failures carry the code that the service gave. */
export type Service = { name: string; url: string };

const timeoutMs = 60_000;
const attempts = 3;

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

export const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

async function send(service: Service, path: string, init: RequestInit): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    let response: Response;
    let body: Uint8Array;
    try {
      response = await fetch(service.url + path, { ...init, signal: AbortSignal.timeout(timeoutMs) });
      body = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      if (attempt < attempts && isCutOff(cause)) continue;
      throw new UnreachableError(service.name, cause);
    }
    if (response.ok) return body;
    throw new RemoteError(service.name, response.status, body);
  }
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
    let told: Record<string, unknown> = {};
    try {
      told = json(body) as Record<string, unknown>;
    } catch {
      // Not JSON: some proxy's page. The status says enough.
    }
    const code = typeof told.code === 'string' ? told.code : `HTTP_${status}`;
    const message =
      typeof told.message === 'string' ? told.message : `The ${service} answered with status ${status}.`;
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
