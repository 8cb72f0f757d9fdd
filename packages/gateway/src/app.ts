// Copyright the Islet authors. AGPL-3.0-or-later.
import { MalformedError } from '@islet/core/codec';
import { UnknownStreamError } from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import { Hono } from 'hono';
import { RETRY_AFTER_S } from './limits.js';
import type { Nightscout } from './nightscout/Context.js';
import { nightscout } from './nightscout/routes.js';
import { RefusalError } from './Refusal.js';
import { documents } from './routes/documents.js';
import { readings } from './routes/readings.js';
import { status } from './routes/status.js';

/** All routes. A refusal is JSON with its code; under `/api/`, a 401 is the one Nightscout's clients know. */
export function app(context: Nightscout): Hono {
  const http = new Hono();
  for (const routes of [status, documents, readings]) routes(http, context);
  nightscout(http, context);
  http.notFound((c) =>
    c.json({ code: 'GATEWAY_NOT_HERE', message: 'There is nothing here. Check the address.' }, 404),
  );
  http.onError((error, c) => {
    const refusal = refusalOf(error);
    if (refusal.status === 503 && !(error instanceof RefusalError)) context.events.failed('a request', error);
    const retryAfter = refusal.retryAfter ?? (refusal.status === 503 ? RETRY_AFTER_S : undefined);
    if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
    const isNightscout = c.req.path.startsWith('/api/') || c.req.path === '/pebble';
    if (isNightscout && logins.includes(refusal.code))
      return c.json({ status: 401, message: 'Unauthorized', description: 'Invalid/Missing' }, 401);
    return c.json({ code: refusal.code, message: refusal.message }, refusal.status);
  });
  return http;
}

/** What Nightscout tells with its one 401. */
const logins = ['GATEWAY_UNAUTHORISED', 'GATEWAY_DEVICE_MAY_NOT'];

function refusalOf(error: Error): RefusalError {
  if (error instanceof RefusalError) return error;
  if (error instanceof MalformedError || error instanceof UnknownStreamError)
    return new RefusalError(400, error.code, error.message);
  if (error instanceof IsletError && error.code.startsWith('INGEST_'))
    return new RefusalError(error.code === 'INGEST_TOO_LARGE' ? 413 : 400, error.code, error.message);
  return new RefusalError(
    503,
    'GATEWAY_UNEXPECTED',
    'Something failed here that should not. Nothing was acknowledged: try again in a moment.',
  );
}
