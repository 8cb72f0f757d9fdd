// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as RoleKey from '@islet/core/RoleKey';
import * as Stated from '@islet/core/wire/Stated';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { PAPER_BYTES } from '../limits.js';
import { keepPaper } from '../Papers.js';
import { Refusal } from '../Refusal.js';

/** `PUT /v1/roles`: a role's key, sealed to one who holds it, with the Statement of its organisation's admin. */
export function mount(app: Hono, hub: HubContext): void {
  app.put('/v1/roles', (c) =>
    hub.admission.admit(c, 'keys', PAPER_BYTES, async (body) => {
      const document = Stated.parseDocument(body);
      const { role, reader } = RoleKey.parseRoleKey(document.bytes);
      await requireAdmin(hub, document, role);
      await keepPaper(hub.archive, RoleKey.placeOf(role, reader), body);
      return c.json({ role: toHex(role) });
    }),
  );
}

/** Strangers must not fill the store, nor bury a role's keys under others. */
async function requireAdmin(
  { deployment, follower }: HubContext,
  document: Stated.Document,
  role: Uint8Array,
): Promise<void> {
  const here = { chainId: deployment.chainId, identity: fromHex(deployment.identity) };
  const { message, signer } = document.signed;
  // The role may be seconds old.
  if (!follower.state.roles.has(toHex(role))) await follower.follow();
  const org = follower.state.roles.get(toHex(role))?.org;
  const admin = org === undefined ? undefined : follower.state.organisations.get(org);
  const isTheirs =
    Stated.isDocument(document, 'roleKey', here) &&
    equal(message.account, role) &&
    admin?.active === true &&
    admin.admin === toHex(signer);
  if (!isTheirs)
    throw new Refusal(
      403,
      'HUB_NOT_ROLES_ADMIN',
      'The role’s key is not stated by the admin of the role’s active organisation. Have the admin sign it.',
    );
}
