// Copyright the Islet authors. AGPL-3.0-or-later.
import { hereOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Hubs from '@islet/core/Hubs';
import * as Stated from '@islet/core/wire/Stated';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { AHEAD_MS, PAPER_BYTES } from '../limits.js';
import { Refusal } from '../Refusal.js';

/**
 * `PUT /v1/hubs`, `GET /v1/hubs/:account`: where an account's data are, in its own word. One that does not name this hub
 * has it drop what it keeps of the account, before it answers.
 */
export function mount(app: Hono, hub: HubContext): void {
  const { admission, places } = hub;

  app.put('/v1/hubs', (c) =>
    admission.admit(c, 'keys', PAPER_BYTES, async (body) => {
      const document = Stated.parseDocument(body);
      const { account, hubs } = Hubs.parseHubs(document.bytes);
      await requireTheirs(hub, document, account);
      await requireHubs(hub, hubs);
      await places.keep(document);
      // Those who follow here are told at once that it goes on elsewhere.
      await hub.follows.look();
      const dropped = places.hasLeft(account) ? await hub.leaving.drop(account) : null;
      return c.json({ here: places.isHere(account), dropped });
    }),
  );

  app.get('/v1/hubs/:account', (c) =>
    admission.admit(c, 'grants', 0, async () => {
      const known = places.get(c.req.param('account') ?? '');
      if (!known)
        throw new Refusal(404, 'HUB_NOT_SAID', 'This account has not said where else its data are.');
      const bytes = Stated.encodeDocument(known.document);
      return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/cbor' });
    }),
  );
}

/** Throws unless a signer of the account, who speaks for it now, has signed the document about it. */
export async function requireStated(
  { deployment, follower }: Pick<HubContext, 'deployment' | 'follower'>,
  document: Stated.Document,
  kind: keyof typeof Stated.kinds,
): Promise<void> {
  const { message, signer } = document.signed;
  if (!Stated.isDocument(document, kind, hereOf(deployment)))
    throw new Refusal(
      403,
      'HUB_BAD_SIGNATURE',
      'The message is not signed by the signer that it names. Sign it again.',
    );
  // Who was let in, or let go, a moment ago is to be known: an account's bytes may hang on it.
  await follower.freshHead();
  if (!View.speaksFor(follower.state, message.account, signer))
    throw new Refusal(403, 'HUB_NOT_A_SIGNER', 'Whoever signed the document does not speak for its account.');
}

async function requireTheirs(hub: HubContext, document: Stated.Document, account: Uint8Array): Promise<void> {
  const { message } = document.signed;
  await requireStated(hub, document, 'hubs');
  // Stops: an account sent elsewhere by a document of another; a word that outlasts all that come after.
  if (equal(message.account, account) && message.version - hub.now() <= AHEAD_MS) return;
  throw new Refusal(
    403,
    'HUB_BAD_WORD',
    'The document is of another account than its statement, or dated wrongly. Set your clock and sign it anew.',
  );
}

/** Stops: an account that left for nowhere. */
async function requireHubs({ follower }: HubContext, hubs: Hubs.Hub[]): Promise<void> {
  const { relays, organisations } = follower.state;
  if (hubs.every(({ address }) => organisations.get(relays.get(toHex(address)) ?? '')?.active)) return;
  throw new Refusal(
    403,
    'HUB_NOT_A_HUB',
    'An address is no hub’s: no active member relays under it. Check which hub was meant.',
  );
}
