// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { Refusal } from '../Refusal.js';

/**
 * `GET /v1/erasures/:id`: the order as the patient signed it with its scope in words, and this hub's receipt once it has
 * dropped its part. For custodians and gateways that have to carry it out, and readers who find nothing and ask why.
 */
export function mount(app: Hono, hub: HubContext): void {
  app.get('/v1/erasures/:id', (c) =>
    hub.admission.admit(c, 'grants', 0, async () => {
      const known = hub.erasures.get(c.req.param('id') ?? '');
      if (!known) throw new Refusal(404, 'HUB_NO_SUCH_ERASURE', 'This hub knows no erasure of that id.');
      const { order, receipt } = known;
      return c.json({ handover: toHex(order.handover), receipt: receipt && toHex(receipt) });
    }),
  );
}
