// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import { parseFetch } from '@islet/core/wire/Fetch';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { FETCH_BYTES } from '../limits.js';
import { type Permit, permit } from '../Permit.js';
import { Refusal } from '../Refusal.js';

/** `POST /v1/follow`: what is new of a granted request's streams, for as long as it is permitted, in frames. */
export function mount(app: Hono, hub: HubContext): void {
  app.post('/v1/follow', (c) =>
    hub.admission.admit(c, 'fetch', FETCH_BYTES, async (body) => {
      try {
        const asked = parseFetch(body);
        const leave = await permit(hub, asked);
        const stream = hub.follows.open(asked, leave, leave.isOwn ? null : await grantOf(hub, leave));
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

/** The grant as the patient signed it, of those kept here the one whose fingerprint is on the chain. */
async function grantOf({ archive, follower }: HubContext, { signed }: Permit): Promise<Message.Grant> {
  const { grantId } = signed.message;
  const hash = follower.state.grants.get(toHex(grantId))?.grantHash;
  const row = (await archive.find.grants(grantId)).find((one) => toHex(one.grant_hash) === hash);
  const bytes = row && (await archive.store.get(toHex(row.signed)));
  if (!bytes)
    throw new Refusal(
      404,
      'HUB_NO_SUCH_GRANT',
      'This hub does not keep the grant, so it cannot tell when it ends. Ask the hub that relayed it.',
    );
  return parseSigned(Message.grant, bytes).message;
}
