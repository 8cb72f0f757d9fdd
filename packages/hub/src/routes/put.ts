// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import { keyOf } from '@islet/store/Store';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { keep } from '../Keeping.js';
import { PUT_BYTES } from '../limits.js';
import { left } from '../Places.js';
import * as Putting from '../Putting.js';
import { Refusal } from '../Refusal.js';

/**
 * `POST /v1/put`: a gateway's sealed segments, epochs, shares and heads. Who it is shows by its signatures: every part
 * must be signed by a writer that the account has authorised.
 */
export function mount(app: Hono, hub: HubContext): void {
  app.post('/v1/put', (c) =>
    hub.admission.admit(c, 'put', PUT_BYTES, async (body) => {
      const started = hub.now();
      const id = keyOf(body);
      // A gateway that did not hear the answer asks again with the same bytes, perhaps after its next put.
      // Unless something was erased, or someone left: then what was taken before may be refused now.
      const isPlain = hub.erasures.recorded().length === 0 && !hub.places.anyLeft;
      let counts = isPlain ? hub.answered.get(id) : undefined;
      if (!counts) {
        const parsed = await Putting.parse(body);
        const writers = Putting.writersOf(parsed);
        // Before what may only be a gateway that was ended since.
        if (writers.some(({ account }) => hub.places.hasLeft(account))) throw left();
        await requireAuthorised(hub, writers);
        await learnOfSets(hub, parsed);
        await keep(hub, parsed);
        counts = {
          epochs: parsed.epochs.length,
          shares: parsed.shares.length,
          segments: parsed.segments.length,
          heads: parsed.heads.length,
        };
        hub.answered.set(id, counts);
        hub.follows.kept(parsed);
        hub.batcher.wake();
        hub.events.kept(counts, hub.now() - started);
      }
      return c.json({ kept: counts });
    }),
  );
}

/** The gateway may have heard of the members' newest custodians before us. */
async function learnOfSets({ follower }: HubContext, { shares }: Putting.Parsed): Promise<void> {
  const isNew = shares.some(({ record }) => record.setVersion > follower.state.custodianSetVersion);
  if (isNew) await follower.follow();
}

async function requireAuthorised(
  hub: HubContext,
  writers: { account: Uint8Array; gateway: Uint8Array }[],
): Promise<void> {
  const standing = ({ account, gateway }: (typeof writers)[number]) =>
    hub.follower.state.accounts.get(toHex(account))?.gateways.get(toHex(gateway));
  // An authorisation may be seconds old.
  if (!writers.every(standing)) await hub.follower.follow();
  for (const writer of writers) {
    const found = standing(writer);
    if (!found)
      throw new Refusal(
        403,
        'HUB_GATEWAY_NOT_AUTHORISED',
        'The account has not authorised this writer. Have its wallet do so, then put again.',
      );
    if (found.endedAt !== null)
      throw new Refusal(
        403,
        'HUB_GATEWAY_ENDED',
        'The account has ended this writer. Have its wallet authorise a new one.',
      );
  }
}
