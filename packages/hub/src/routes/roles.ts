// Copyright the Islet authors. AGPL-3.0-or-later.
import { hereOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as RoleKey from '@islet/core/RoleKey';
import * as Stated from '@islet/core/wire/Stated';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { PAPER_BYTES } from '../limits.js';
import { keepPaper } from '../Papers.js';
import { Refusal } from '../Refusal.js';

/**
 * `PUT /v1/roles`: the key of a role or of a circle, sealed to one person, with the Statement of the admin of the role's
 * organisation, or of the circle's keeper or patient.
 */
export function mount(app: Hono, hub: HubContext): void {
  app.put('/v1/roles', (c) =>
    hub.admission.admit(c, 'keys', PAPER_BYTES, async (body) => {
      const document = Stated.parseDocument(body);
      const { role, reader } = RoleKey.parseRoleKey(document.bytes);
      await requireTheirs(hub, document, role);
      await keepPaper(hub.archive, RoleKey.placeOf(role, reader), body);
      return c.json({ role: toHex(role) });
    }),
  );
}

/** Strangers must not fill the store, nor bury a role's or a circle's keys under others. */
async function requireTheirs(hub: HubContext, document: Stated.Document, role: Uint8Array): Promise<void> {
  const { deployment, follower } = hub;
  const here = hereOf(deployment);
  const id = toHex(role);
  // Either may be seconds old.
  if (!follower.state.roles.has(id) && !follower.state.circles.has(id)) await follower.follow();
  const isSound =
    Stated.isDocument(document, 'roleKey', here) && equal(document.signed.message.account, role);
  if (isSound && isTheirs(follower.state, id, document.signed.signer)) return;
  throw new Refusal(
    403,
    'HUB_NOT_ROLES_ADMIN',
    'The key is stated neither by the admin of the role’s active organisation nor by the circle’s keeper or patient. Have one of them sign it.',
  );
}

function isTheirs(view: View.View, id: string, signer: Uint8Array): boolean {
  const circle = view.circles.get(id);
  if (circle)
    return [circle.keeper, circle.patient].some((who) => View.speaksFor(view, fromHex(who), signer));
  const admin = view.organisations.get(view.roles.get(id)?.org ?? '');
  return admin?.active === true && admin.admin === toHex(signer);
}
