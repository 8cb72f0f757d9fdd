// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Fetch, parseFetch } from '@islet/core/wire/Fetch';
import type { Hono } from 'hono';
import { IndexWrongError } from '../Archive.js';
import * as Collecting from '../Collecting.js';
import { erased } from '../Erasures.js';
import type { HubContext } from '../Hub.js';
import { FETCH_BYTES } from '../limits.js';
import { grantOf, permit, requireLook } from '../Permit.js';
import { left } from '../Places.js';
import { Refusal } from '../Refusal.js';

/** `POST /v1/fetch`: sealed bytes, to a reader whose request the chain has granted and nobody has revoked since. */
export function mount(app: Hono, hub: HubContext): void {
  app.post('/v1/fetch', (c) =>
    hub.admission.admit(c, 'fetch', FETCH_BYTES, async (body) => {
      const started = hub.now();
      try {
        const asked = parseFetch(body);
        const leave = await permit(hub, asked);
        if (hub.places.hasLeft(leave.patient)) throw left();
        requireLook(hub, leave, await grantOf(hub, hub.archive, leave), asked);
        requireSomeLeft(hub, asked, leave.patient);
        const options = {
          ...{ archive: hub.archive, hub: hub.address },
          ...{ anchored: hub.batcher.anchored, view: hub.follower.state },
        };
        const plans = await Collecting.plan(options, asked, leave);
        const segments = plans.reduce((sum, plan) => sum + plan.segments.length, 0);
        hub.events.fetched(plans.length, segments, hub.now() - started);
        const release = hub.admission.hold(c);
        return c.body(streamOf(Collecting.read(hub.archive, plans), release), 200, {
          'content-type': 'application/cbor',
        });
      } catch (error) {
        if (error instanceof Refusal) hub.events.fetchRefused(error.code);
        if (error instanceof IndexWrongError) hub.doubtIndex();
        throw error;
      }
    }),
  );
}

/** Where all that is asked for was erased, that is the answer; of what was erased in part, the rest is given. */
function requireSomeLeft({ erasures }: HubContext, asked: Fetch, patient: Uint8Array): void {
  const { firstDay, lastDay, streams } = asked;
  for (const stream of streams)
    for (let day = firstDay; day <= lastDay; day++) if (!erasures.isErased(patient, stream, day)) return;
  throw erased();
}

/** Read on only as fast as the client takes it. */
function streamOf(
  parts: AsyncGenerator<Uint8Array, void, undefined>,
  release: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await parts.next();
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          // The body is cut short, and no cut body passes for a whole one.
          controller.error(error);
        }
        release();
      },
      async cancel() {
        release();
        await parts.return();
      },
    },
    { highWaterMark: 1 },
  );
}
