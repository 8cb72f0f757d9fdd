// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import type { Hono } from 'hono';
import { erased } from '../Erasures.js';
import type { HubContext } from '../Hub.js';
import { left } from '../Places.js';
import { Refusal } from '../Refusal.js';

/**
 * `GET /v1/grants/:id`: the signed grant and the keys sealed to its reader, as hex. Anyone who knows the random id may
 * have them: the keys open for the reader alone.
 */
export function mount(app: Hono, hub: HubContext): void {
  app.get('/v1/grants/:id', (c) =>
    hub.admission.admit(c, 'grants', 0, async () => {
      const id = c.req.param('id') ?? '';
      const patient = hub.follower.state.grants.get(id)?.patient;
      if (patient !== undefined && hub.places.hasLeft(fromHex(patient))) throw left();
      const found = /^[0-9a-f]{64}$/.test(id) ? await grantOf(hub, id) : undefined;
      if (!found) throw new Refusal(404, 'HUB_NO_SUCH_GRANT', 'This hub holds no grant of that id.');
      return c.json(found);
    }),
  );
}

async function grantOf({ archive, follower }: HubContext, id: string) {
  const rows = await archive.find.grants(fromHex(id));
  if (rows.length === 0) return undefined;
  // Anyone can sign something under a known id; the chain says which is the grant.
  if (!follower.state.grants.has(id)) await follower.follow();
  const hash = follower.state.grants.get(id)?.grantHash;
  const row = rows.find((one) => toHex(one.grant_hash) === hash);
  if (!row) return undefined;
  const [signed, keys] = await Promise.all([
    archive.store.get(toHex(row.signed)),
    archive.store.get(toHex(row.keys)),
  ]);
  // Its sealed keys went with what they open.
  if (signed && !keys) throw erased();
  return signed && keys && { signed: toHex(signed), keys: toHex(keys) };
}
