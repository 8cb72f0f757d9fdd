// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import { encodeList } from '@islet/core/wire/Ask';
import { parseRelay } from '@islet/core/wire/Relay';
import type { Hono } from 'hono';
import * as Backups from '../Backups.js';
import type { HubContext } from '../Hub.js';
import * as LaterPapers from '../LaterPapers.js';
import { RELAY_BYTES } from '../limits.js';

/**
 * `GET /v1/papers/:id`: sealed papers about something random, for whoever knows its id: the reason of an emergency by its
 * request, a role's keys by the role and one who holds it, what brings an account back by one of its passkeys. They open
 * for one person alone. `PUT /v1/papers`: those of a grant or an erasure that is on the chain already.
 */
export function mount(app: Hono, hub: HubContext): void {
  const { admission, archive } = hub;

  app.put('/v1/papers', (c) =>
    admission.admit(c, 'relay', RELAY_BYTES, async (body) => {
      await LaterPapers.keep(hub, hub.places, parseRelay(body));
      hub.erasing.wake();
      return c.json({ kept: true });
    }),
  );

  app.get('/v1/papers/:id', (c) =>
    admission.admit(c, 'grants', 0, async () => {
      const id = c.req.param('id') ?? '';
      const keys = /^[0-9a-f]{64}$/.test(id) ? await archive.find.papers(fromHex(id)) : [];
      const papers = await Promise.all(keys.map((key) => archive.store.get(key)));
      const there = papers.filter((paper) => paper !== undefined);
      const mayGo = there.length > 0 ? await Backups.current(hub, fromHex(id), there) : [];
      const body = encodeList('islet/papers', mayGo);
      return c.body(body as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/cbor' });
    }),
  );
}
