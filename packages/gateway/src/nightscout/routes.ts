// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Hono } from 'hono';
import type { Nightscout } from './Context.js';
import { pebble } from './Pebble.js';
import { apiVersion } from './Status.js';
import { v1 } from './V1.js';
import { v2 } from './V2.js';
import { v3 } from './V3.js';

/** Everything that Nightscout's clients ask for over HTTP. */
export function nightscout(app: Hono, context: Nightscout): void {
  for (const path of ['/api/*', '/pebble'])
    app.use(path, async (c, next) => {
      // Pages on any site may ask, since nothing is answered without a key that the page was given.
      c.header('Access-Control-Allow-Origin', '*');
      c.header('Cache-Control', 'private, no-cache');
      if (c.req.method === 'OPTIONS') {
        c.header('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE, OPTIONS');
        c.header('Access-Control-Allow-Headers', allowed);
        return c.body(null, 204);
      }
      await next();
    });
  app.get('/api/versions', (c) =>
    c.json([
      { version: '1.0.0', url: '/api/v1' },
      { version: '2.0.0', url: '/api/v2' },
      { version: apiVersion, url: '/api/v3' },
    ]),
  );
  pebble(app, context);
  v3(app, context);
  v2(app, context);
  v1(app, context);
}

const allowed =
  'api-secret, authorization, content-type, content-encoding, if-modified-since, if-unmodified-since, x-requested-with';
