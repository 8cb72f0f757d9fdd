// Copyright the Islet authors. AGPL-3.0-or-later.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { HttpBindings } from '@hono/node-server';
import * as Devices from '@islet/core/Devices';
import type { Context as Call } from 'hono';
import { answerOf } from '../answer.js';
import type { DeviceKeys, Paired } from '../DeviceKeys.js';
import { malformed, mayNot, RefusalError, unauthorised } from '../Refusal.js';

const unzip = promisify(gunzip);

/** Whose device asks. Uploaders present their secret (or its SHA-1) in one of four places. Throws 401, and 403 for the other sort of key. */
export function pairedOf(c: Call, deviceKeys: DeviceKeys, may?: 'write' | 'read'): Paired {
  for (const secret of secretsIn(c)) {
    const paired = deviceKeys.find(secret);
    if (!paired) continue;
    if (may === 'write' && !Devices.mayWrite(paired.device)) throw mayNot(may);
    if (may === 'read' && !Devices.mayRead(paired.device)) throw mayNot(may);
    return paired;
  }
  throw unauthorised();
}

/** Where clients put their secret. */
export function secretsIn(c: Call): string[] {
  const bearer = /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  const told = [c.req.header('api-secret'), bearer, c.req.query('token'), c.req.query('secret')];
  return told.filter((text) => text !== undefined && text !== '').map((text) => text!.replace(/^token=/, ''));
}

/** The body, unzipped where it says so. Throws 413 beyond the limit, before or after. */
export async function bodyOf(c: Call, limit: number): Promise<Uint8Array> {
  if (Number(c.req.header('content-length') ?? 0) > limit) throw tooLarge(limit);
  // Straight from the socket where there is one: building a web request for each post costs more than sealing it.
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  const body = await answerOf({ body: incoming ?? c.req.raw.body }, limit).catch((error) => {
    throw error instanceof RangeError ? tooLarge(limit) : malformed('The body broke off.');
  });
  const encoding = c.req.header('content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new RefusalError(415, 'GATEWAY_ENCODING', 'Bodies can be plain or gzip. Send it in one of these.');
  return unzip(body, { maxOutputLength: limit }).catch((error: { code?: string }) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limit) : malformed('The body is not gzip.');
  });
}

const tooLarge = (limit: number): RefusalError =>
  new RefusalError(413, 'GATEWAY_TOO_LARGE', `The body has more than ${limit} bytes. Send it in parts.`);

/** Who is at the other end of the connection. */
export const addressOf = (c: Call): string =>
  ((c.env ?? {}) as Partial<HttpBindings>).incoming?.socket.remoteAddress ?? '';
