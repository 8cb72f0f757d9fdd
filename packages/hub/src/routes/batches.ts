// Copyright the Islet authors. AGPL-3.0-or-later.
import { to0x } from '@islet/core/crypto/bytes';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';

/** `GET /v1/batches/latest`: how far this hub has come. Nothing in it is anybody's. */
export function mount(app: Hono, hub: HubContext): void {
  app.get('/v1/batches/latest', (c) =>
    c.json({
      hub: to0x(hub.address),
      number: hub.archive.hot.lastBatch?.number ?? 0,
      anchored: hub.batcher.anchored?.batch.number ?? 0,
    }),
  );
}
