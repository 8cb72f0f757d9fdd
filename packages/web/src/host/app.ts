// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isQuestion, type Target, targetOf } from './Allowed.js';
import type { Config } from './config.js';
import * as Headers from './Headers.js';
import { IMMUTABLE_SECONDS, SERVICE_MS } from './limits.js';
import { missing, type Page } from './Pages.js';
import { isWelcome } from './Visitors.js';

export type Options = {
  config: Config;
  deployment: Deployment;
  pages: Map<string, Page>;
  fetch: typeof fetch;
};

/** Request headers that services need; no cookie, no origin, nothing that tells who asks. */
const passed = ['content-type', 'api-secret', 'x-islet-statement'];

/** The app, what it must know, and the way to the services: all from one origin, so that the page speaks to no other. */
export function appOf({ config, deployment, pages, fetch }: Options): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(Headers.secure)) c.header(name, value);
    const [host, origin, site] = ['host', 'origin', 'sec-fetch-site'].map((name) => c.req.header(name));
    // Following a link from elsewhere to the page itself is fine; asking for anything else from elsewhere is not.
    const visit = c.req.header('sec-fetch-mode') === 'navigate' && c.req.method === 'GET';
    if (!isWelcome({ host, origin, site: visit ? undefined : site }, config.names))
      return c.json({ code: 'WEB_NOT_WELCOME', message: 'Open Islet at the address that it printed.' }, 403);
    return next();
  });

  app.get('/health', (c) => c.json({ ok: true, service: 'web', built: pages.has('/') }));
  app.get('/config.json', (c) => {
    c.header('cache-control', 'no-store');
    const { validators, custodians, gateway } = config;
    return c.json({ deployment, validators, custodians: custodians.length, gateway });
  });
  app.all('/s/*', (c) => {
    const target = targetOf(config, c.req.method, c.req.path);
    return target ? forward(c, target, fetch) : noSuchCall(c);
  });
  app.get('*', (c) => {
    const page = pages.get(c.req.path);
    if (page) return served(c, page);
    if (c.req.path === '/') return c.html(missing, 503);
    return c.json({ code: 'WEB_NO_SUCH_PAGE', message: 'There is nothing here. Open the first page.' }, 404);
  });
  return app;
}

function served(c: Context, { bytes, type, immutable }: Page): Response {
  c.header('content-type', type);
  c.header('cache-control', immutable ? `public, max-age=${IMMUTABLE_SECONDS}, immutable` : 'no-cache');
  return c.body(bytes);
}

async function forward(c: Context, target: Target, fetch: Options['fetch']): Promise<Response> {
  const limited = await bodyLimit({ maxSize: target.maxBytes, onError: tooLarge })(c, async () => {});
  if (limited) return limited;
  const hasBody = c.req.method !== 'GET';
  const body = hasBody ? new Uint8Array(await c.req.arrayBuffer()) : undefined;
  if (target.rpc && !isQuestion(body!)) return noSuchCall(c);
  const headers: Record<string, string> = {};
  for (const name of passed) {
    const value = c.req.header(name);
    if (value !== undefined) headers[name] = value;
  }
  try {
    const answer = await fetch(target.url, {
      method: c.req.method,
      headers,
      redirect: 'error',
      // Who follows and goes away must not stay a follower; the hub's heartbeat tells a dead answer.
      signal: target.held ? c.req.raw.signal : AbortSignal.timeout(SERVICE_MS),
      ...(body && { body }),
    });
    const type = answer.headers.get('content-type') ?? 'application/octet-stream';
    c.header('content-type', type);
    c.header('cache-control', 'no-store');
    c.status(answer.status as 200);
    return answer.body ? c.body(answer.body) : c.body(null);
  } catch {
    const message = 'The service behind this page does not answer. It is started again by itself: try again.';
    return c.json({ code: 'WEB_SERVICE_AWAY', message }, 502);
  }
}

const noSuchCall = (c: Context): Response =>
  c.json({ code: 'WEB_NO_SUCH_CALL', message: 'The page has no business with this call.' }, 404);

const tooLarge = (c: Context): Response =>
  c.json({ code: 'WEB_TOO_LARGE', message: 'The request is too large. Send it in parts.' }, 413, {
    connection: 'close',
  });
