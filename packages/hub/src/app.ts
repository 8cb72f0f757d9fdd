// Copyright the Islet authors. AGPL-3.0-or-later.
import { ChainHeadError } from '@islet/chain/Head';
import { ChainRpcError } from '@islet/chain/Rpc';
import { MalformedError } from '@islet/core/codec';
import { UnknownStreamError } from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import { Hono } from 'hono';
import type { HubContext } from './Hub.js';
import { Refusal, type Status } from './Refusal.js';
import * as asks from './routes/asks.js';
import * as backups from './routes/backups.js';
import * as batches from './routes/batches.js';
import * as carry from './routes/carry.js';
import * as erasures from './routes/erasures.js';
import * as fetch from './routes/fetch.js';
import * as follow from './routes/follow.js';
import * as grants from './routes/grants.js';
import * as health from './routes/health.js';
import * as hubs from './routes/hubs.js';
import * as keys from './routes/keys.js';
import * as papers from './routes/papers.js';
import * as put from './routes/put.js';
import * as receipts from './routes/receipts.js';
import * as relay from './routes/relay.js';
import * as roles from './routes/roles.js';

/** The hub over HTTP, as docs/protocol.md says. */
export function appOf(hub: HubContext): Hono {
  const app = new Hono();
  const routes = [
    put,
    carry,
    hubs,
    receipts,
    fetch,
    follow,
    relay,
    grants,
    keys,
    roles,
    backups,
    papers,
    asks,
    erasures,
    batches,
    health,
  ];
  for (const route of routes) route.mount(app, hub);
  app.notFound((c) => c.json({ code: 'HUB_NO_SUCH_ROUTE', message: 'There is nothing here.' }, 404));
  app.onError((error, c) => {
    const { status, code, message, retryAfter } = answerTo(error);
    if (code === 'HUB_UNEXPECTED') hub.events.unexpected(error);
    if (retryAfter !== undefined) c.header('retry-after', String(retryAfter));
    // What is left of a refused body is not read.
    if (status === 413 || status === 408) c.header('connection', 'close');
    return c.json({ code, message }, status);
  });
  return app;
}

type Answer = { status: Status | 500; code: string; message: string; retryAfter?: number | undefined };

function answerTo(error: unknown): Answer {
  if (error instanceof Refusal) return error;
  if (error instanceof IsletError) {
    const { code, message } = error;
    if (error instanceof MalformedError || error instanceof UnknownStreamError)
      return { status: 400, code, message };
    if (error instanceof ChainRpcError || error instanceof ChainHeadError || isPassing.test(code))
      return { status: 503, code, message, retryAfter: 2 };
  }
  return {
    status: 500,
    code: 'HUB_UNEXPECTED',
    message: 'Something went wrong in the hub. Its log says what.',
  };
}

const isPassing = /^(CHAIN|JOURNAL|STORE|FOLLOWER|HUB_INDEX)_/;
