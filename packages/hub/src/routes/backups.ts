// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { Hono } from 'hono';
import * as Backups from '../Backups.js';
import type { HubContext } from '../Hub.js';
import { PAPER_BYTES } from '../limits.js';

/**
 * `PUT /v1/backups`: what brings an account back with one of its passkeys, sealed, with the Statement of a signer of the
 * account. The answer says under which id it is handed out as a paper.
 */
export function mount(app: Hono, hub: HubContext): void {
  app.put('/v1/backups', (c) =>
    hub.admission.admit(c, 'keys', PAPER_BYTES, async (body) =>
      c.json({ id: toHex(await Backups.keep(hub, body)) }),
    ),
  );
}
