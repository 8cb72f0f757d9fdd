// Copyright the Islet authors. AGPL-3.0-or-later.
import { parseFetch } from '@islet/core/wire/Fetch';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { FETCH_BYTES } from '../limits.js';
import { grantOf, permit } from '../Permit.js';
import { left } from '../Places.js';
import { Refusal } from '../Refusal.js';

/** `POST /v1/follow`: what is new of a granted request's streams, for as long as it is permitted, in frames. */
export function mount(app: Hono, hub: HubContext): void {
  app.post('/v1/follow', (c) =>
    hub.admission.admit(c, 'fetch', FETCH_BYTES, async (body) => {
      try {
        const asked = parseFetch(body);
        const leave = await permit(hub, asked);
        if (hub.places.isElsewhere(leave.patient)) throw left();
        const stream = hub.follows.open(asked, leave, await grantOf(hub, hub.archive, leave));
        hub.events.followed(hub.follows.count);
        // Frames must come out one by one: no cache and no proxy is to hold them back.
        return c.body(stream, 200, {
          'content-type': 'application/octet-stream',
          'cache-control': 'no-store, no-transform',
          'x-accel-buffering': 'no',
        });
      } catch (error) {
        if (error instanceof Refusal) hub.events.fetchRefused(error.code);
        throw error;
      }
    }),
  );
}
